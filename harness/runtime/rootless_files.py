"""What a lab's file system needs where root is an ordinary user: files of the host's root cannot be changed there.

Runs in forked children, as isolation.py does, and only there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from droplab.harness.runtime.namespaces import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_REC, mount


def keep_in_sight(stage: str) -> None:
    """Mounts that the nodes' own are made from: a user may mount proc and sysfs only where a whole one is visible."""
    for name, kind in (("proc", "proc"), ("sys", "sysfs")):
        Path(stage, name).mkdir()
        mount(kind, f"{stage}/{name}", kind, MS_NOSUID | MS_NODEV | MS_NOEXEC)
    Path(stage, "dev").mkdir()
    mount("/dev", f"{stage}/dev", None, MS_BIND | MS_REC)


def copy_etc(hidden: Collection[str], target: str) -> None:
    """What nodes may see of /etc, as files of the user's own: an overlay copies no file up that root owns."""

    def left_out(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if str(Path(folder, name).relative_to("/etc")) in hidden]

    shutil.copytree("/etc", target, symlinks=True, ignore=left_out, dirs_exist_ok=True)


def show_device(name: str, path: str) -> None:
    """The host's device at ``path``: a user may make none."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
    mount(f"/dev/{name}", path, None, MS_BIND)

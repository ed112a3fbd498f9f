"""Which files of a node differ from its image: a walk of the upper directory of its overlay, from outside."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from droplab.harness.runtime.volatile import is_volatile


def changed_files(upper: Path) -> dict[str, str]:
    """Path to "mode owner sha256" of every changed file; "deleted" for one that the image has and the node has not.

    Directories are opened relative to each other without following links, so that no link in a node leads out of it.
    """
    found = {}
    for folder, _, files, folder_fd in os.fwalk(upper):
        for file in files:
            path = "/" + str(Path(folder, file).relative_to(upper))
            if not is_volatile(path):
                found[path] = _described(file, folder_fd)
    return found


def _described(file: str, folder_fd: int) -> str:
    seen = os.stat(file, dir_fd=folder_fd, follow_symlinks=False)
    if stat.S_ISCHR(seen.st_mode) and seen.st_rdev == 0:
        return "deleted"
    owned = f"{stat.S_IMODE(seen.st_mode):04o} {seen.st_uid}:{seen.st_gid}"
    if stat.S_ISLNK(seen.st_mode):
        return f"{owned} -> {os.readlink(file, dir_fd=folder_fd)}"
    if not stat.S_ISREG(seen.st_mode):
        return f"{owned} {stat.filemode(seen.st_mode)[0]}"
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder_fd), "rb") as content:
        return f"{owned} {hashlib.file_digest(content, 'sha256').hexdigest()}"


def upper_of(pid: int) -> Path | None:
    """The upper directory of the overlay that is the root of a process, as the host names it; None without one."""
    for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines():
        fields, _, more = line.partition(" - ")
        if fields.split()[4] != "/":
            continue
        for option in more.split(" ", 2)[2].split(","):
            key, _, value = option.partition("=")
            if key == "upperdir" and value.startswith("/"):
                return Path(value)
    return None

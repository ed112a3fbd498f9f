"""Namespaces of a sweep's own, in which it plays the host: no other work on the machine matters."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .fingerprint import Ground

INSIDE = "DROPLAB_TRUST_INSIDE"
REAP = '"$@"; exit $?'
"""The first process of the sweep's PID namespace: a shell, which reaps the orphans of killed runs."""

NAMESPACES = {"netns": ("--net", "--pid"), "host": ("--pid",), "docker": ("--net",)}
"""A change of the machine needs its real network namespace; the daemon's containers are seen by their real PIDs."""


def inside(kind: str, argv: Sequence[str]) -> int:
    """Run this program again with ``argv`` in namespaces of its own; its exit status."""
    own = NAMESPACES[kind]
    processes = ("--fork", "--mount-proc", "--kill-child") if "--pid" in own else ()
    words = ("sh", "-c", REAP, "droplab-trust", sys.executable, "-m", "tests.trust", *argv)
    return subprocess.run(
        ("unshare", "--mount", *own, *processes, *words), env={**os.environ, INSIDE: kind}, check=False
    ).returncode


@contextmanager
def ground(kind: str) -> Iterator[Ground]:
    """A run folder of the sweep's own. DROPLAB_RUN_DIR is set for whatever is started meanwhile."""
    top = Path(tempfile.mkdtemp(prefix="droplab-trust-", dir="/run"))
    (top / "run").mkdir(mode=0o700)
    os.environ["DROPLAB_RUN_DIR"] = str(top / "run")
    try:
        yield Ground(top / "run", "--pid" in NAMESPACES[kind], kind == "docker")
    finally:
        del os.environ["DROPLAB_RUN_DIR"]
        shutil.rmtree(top)

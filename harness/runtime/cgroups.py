"""Limits of processes and memory for each node, in cgroups of either version, named after the run.

``droplab-RUN/NODE`` lies below the root of each hierarchy that controls processes or memory, so that another process
finds it by the name of the run alone. Where cgroups cannot be written, a lab runs without limits and says so.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROCESSES = 256
MEMORY_BYTES = 512 << 20
GONE_WITHIN_S = 2.0
LIMITED = frozenset({"pids", "memory"})
CONTROLLERS = LIMITED | {"cpu"}
"""Of the processor a node may take what it gets, unless a fault says otherwise."""


@dataclass(frozen=True)
class Hierarchy:
    """A mounted tree of cgroups that controls processes, memory or both."""

    root: Path
    version: int
    controllers: frozenset[str]

    def pass_on(self, folder: Path) -> None:
        """Let what lies below a cgroup be limited."""
        if self.version == 2:
            (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in sorted(self.controllers)))

    def limit(self, folder: Path) -> None:
        """Limit the processes of a cgroup and their memory."""
        if "pids" in self.controllers:
            (folder / "pids.max").write_text(str(PROCESSES))
        if "memory" in self.controllers:
            (folder / ("memory.max" if self.version == 2 else "memory.limit_in_bytes")).write_text(str(MEMORY_BYTES))


def hierarchies() -> list[Hierarchy]:
    """The trees of this machine that can limit a node, by /proc/self/mountinfo."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, more = line.partition(" - ")
        kind, _, options = more.split(" ", 2)
        root = Path(fields.split()[4])
        if kind == "cgroup2":
            controllers = CONTROLLERS & set(_read(root / "cgroup.subtree_control").split())
        elif kind == "cgroup":
            controllers = CONTROLLERS & set(options.split(","))
        else:
            continue
        if controllers:
            found.append(Hierarchy(root, 2 if kind == "cgroup2" else 1, controllers))
    return found


def limits_available() -> bool:
    """Whether both processes and memory of a node can be limited here: the controllers exist and can be written."""
    trees = [tree for tree in hierarchies() if os.access(tree.root, os.W_OK)]
    return {name for tree in trees for name in tree.controllers} >= LIMITED


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def folder_name(run_id: str) -> str:
    """The name of a run's cgroups. Raises ValueError for a run id that is not one word."""
    if not re.fullmatch(r"[\w.-]+", run_id):
        raise ValueError(f"run id {run_id!r}: only letters, digits, '-', '_' and '.'")
    return f"droplab-{run_id}"


@dataclass(frozen=True)
class LabCgroups:
    """The cgroups of a lab; none where there are no limits."""

    folders: tuple[Path, ...]
    """Each once, a child before its parent."""

    def of(self, node: str) -> list[Path]:
        """The cgroups that the node's processes belong in."""
        return [folder for folder in self.folders if folder.name == node]

    def join_fds(self, node: str) -> list[int]:
        """Open files; a process of one thread that writes "0" into each joins the node's cgroups. To be closed.

        By ``tasks`` a thread moves itself at once (version 1); by ``cgroup.procs`` it waits for RCU, about 10 ms.
        """
        names = ("tasks", "cgroup.procs")
        files = (next(folder / name for name in names if (folder / name).exists()) for folder in self.of(node))
        return [os.open(file, os.O_WRONLY | os.O_CLOEXEC) for file in files]

    def limit(self) -> None:
        """Set the limits, as far as they can be set. Those of version 2 wait for RCU."""
        trees = {tree.root: tree for tree in hierarchies()}
        for folder in reversed(self.folders):
            with suppress(OSError):
                if folder.parent in trees:
                    trees[folder.parent].pass_on(folder)
                else:
                    trees[folder.parent.parent].limit(folder)

    def remove(self) -> list[str]:
        """Kill what is left in them and remove them; what could not be removed. Idempotent."""
        deadline = time.monotonic() + GONE_WITHIN_S
        while left := [str(folder) for folder in self.folders if not _removed(folder)]:
            if time.monotonic() > deadline:
                return left
            _kill_all(Path(folder) for folder in left)
            time.sleep(0.001)
        return []


def create(run_id: str, nodes: Iterable[str]) -> LabCgroups:
    """Make the cgroups of a lab, or none of them, still without limits."""
    tops = [tree.root / folder_name(run_id) for tree in hierarchies()]
    names = tuple(nodes)
    made = LabCgroups(tuple(folder for top in tops for folder in (*(top / name for name in names), top)))
    try:
        for folder in reversed(made.folders):
            folder.mkdir()
    except OSError:
        made.remove()
        return LabCgroups(())
    return made


def find(run_id: str) -> LabCgroups:
    """What there is of a run's cgroups, whoever made them."""
    tops = [tree.root / folder_name(run_id) for tree in hierarchies()]
    return LabCgroups(tuple(folder for top in tops if top.is_dir() for folder in (*_children(top), top)))


def _children(folder: Path) -> list[Path]:
    try:
        return [child for child in folder.iterdir() if child.is_dir()]
    except FileNotFoundError:  # its keeper has removed it meanwhile
        return []


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _kill_all(folders: Iterable[Path]) -> None:
    """Kill every process of the cgroups: at once where the kernel can (5.14, version 2), else one by one."""
    for folder in folders:
        if (folder / "cgroup.kill").exists():
            _write(folder / "cgroup.kill", "1")
            continue
        for pid in _read(folder / "cgroup.procs").split():
            _kill_member(folder, int(pid))


def _write(path: Path, text: str) -> None:
    """A cgroup that is being removed cannot be written any more (ENOENT, ENODEV): that is what we want."""
    with suppress(OSError):
        path.write_text(text)


def _kill_member(folder: Path, pid: int) -> None:
    """Kill a process if it is in the cgroup. It is held by a pidfd before the second look: a PID may be given again."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if str(pid) in _read(folder / "cgroup.procs").split():
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        os.close(pidfd)

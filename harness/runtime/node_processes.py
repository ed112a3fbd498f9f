"""The processes of a node as its own procfs shows them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class NodeProcess:
    """A process, numbered as the node numbers it. ``state`` is "T" when it is stopped, else "-"."""

    pid: int
    parent: int
    uid: int
    state: str
    argv: str


def processes_of(init: int) -> list[str]:
    """"uid state argv" of each process of the node whose init the host numbers ``init``, sorted.

    Left out are the init itself, zombies, and everything that descends from a shell or a command that was started
    from outside: such a process has no parent in the node.
    """
    seen = {process.pid: process for process in _all(Path(f"/proc/{init}/root/proc"))}
    return sorted(f"{one.uid} {one.state} {one.argv}" for one in seen.values() if _stays(one, seen))


def _stays(process: NodeProcess, seen: dict[int, NodeProcess]) -> bool:
    if process.pid == 1:
        return False
    while process.parent > 1:
        above = seen.get(process.parent)
        if above is None:
            return True  # its parent has ended while we looked; the init has it now
        process = above
    return process.parent == 1


def _all(proc: Path) -> Iterator[NodeProcess]:
    for entry in os.listdir(proc):  # noqa: PTH208 iterdir is slower by half
        if entry.isdigit():
            try:
                status = (proc / entry / "status").read_text()
                argv = (proc / entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            state = fields["State"][0]
            if state not in "ZX":
                words = argv.replace(b"\0", b" ").decode(errors="replace").strip()
                uid = int(fields["Uid"].split()[0])
                stopped = "T" if state in "Tt" else "-"
                yield NodeProcess(int(entry), int(fields["PPid"]), uid, stopped, words)

"""The processes of a node as its own /proc tells them, read from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INIT = 1


@dataclass(frozen=True)
class Process:
    """A process, its numbers as its own PID namespace gives them. ``parent`` is 0 for what came from outside."""

    pid: int
    parent: int
    uid: int
    stopped: bool
    argv: str

    @property
    def words(self) -> str:
        """ "uid state argv", without what changes from one moment to the next."""
        return f"{self.uid} {'stopped' if self.stopped else 'running'} {self.argv}"


def processes_of(init: int) -> list[str]:
    """Every process of the PID namespace whose init is process ``init`` of ours, sorted, as ``Process.words``.

    Shells and other commands that were brought in from outside, and their descendants, are left out.
    """
    found = {process.pid: process for process in _listed(Path(f"/proc/{init}/root/proc"))}
    return sorted(process.words for process in found.values() if _is_of_the_node(process, found))


def _is_of_the_node(process: Process, found: dict[int, Process]) -> bool:
    """Whether its line of parents ends at the init, and not outside (0)."""
    while process.pid != INIT:
        if process.parent not in found:
            return process.parent != 0  # it has ended while we looked; the init is its child's parent by now
        process = found[process.parent]
    return True


def _listed(proc: Path) -> Iterator[Process]:
    for entry in proc.iterdir():
        if entry.name.isdigit() and (process := _read(entry)):
            yield process


def _read(entry: Path) -> Process | None:
    """None for one that has ended meanwhile, or is a zombie."""
    try:
        status = dict(line.split(":", 1) for line in (entry / "status").read_text().splitlines() if ":" in line)
        argv = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state = status["State"].split()[0]
    if state in "ZX":
        return None
    return Process(int(entry.name), int(status["PPid"]), int(status["Uid"].split()[0]), state in "Tt", argv)

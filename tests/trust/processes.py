"""Which processes of the machine belong to a sweep."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A running process: PID, start in clock ticks since boot, command line."""

    pid: int
    began: int
    words: str

    def __str__(self) -> str:
        return f"{self.pid} (began {self.began}) {self.words}"


def running(mark: bytes | None) -> Iterator[Process]:
    """Every process but this one and zombies; with ``mark`` only those that have it in their environment."""
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        folder = Path(entry.path)
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            marked = mark is None or mark in (folder / "environ").read_bytes()
        except OSError:  # gone meanwhile, or of a stranger
            continue
        if fields[0] not in "ZX" and marked:
            yield Process(int(entry.name), int(fields[19]), words)

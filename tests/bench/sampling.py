"""Repeating a measurement, and drawing the table."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Sample:
    """The repeated measurements of one thing, in seconds unless ``unit`` says otherwise."""

    name: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)


def repeat(name: str, times: int, once: Callable[[], float], rest_s: float = 0) -> Sample:
    """Call ``once`` ``times`` times after one call that does not count, and each after a rest."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    once()
    values = []
    for _ in range(times):
        time.sleep(rest_s)
        values.append(once())
    return Sample(name, tuple(values))


def process(argv: Sequence[str]) -> float:
    """Seconds that a whole process takes. Raises when it fails."""
    began = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True)
    return time.perf_counter() - began


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, what must be reached, and whether it was."""

    name: str
    measured: str
    target: str
    reached: bool


def milliseconds(sample: Sample) -> str:
    """Median and range."""
    low, high = min(sample.values) * 1e3, max(sample.values) * 1e3
    return f"{sample.median * 1e3:.1f} ms ({low:.1f} to {high:.1f}, n={len(sample.values)})"


def draw(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table("what", "measured: median (range)", "target", "reached")
    for row in rows:
        table.add_row(row.name, row.measured, row.target, "yes" if row.reached else "NO")
    Console(width=150).print(table)

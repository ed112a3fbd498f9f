"""What a part of the kill sweep counted."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass
class Tally:
    """One part: kills by phase, what was left, and what went wrong otherwise."""

    name: str
    phases: Counter[str] = field(default_factory=Counter)
    waited_for_clean: int = 0
    """How often something was left besides the run file until somebody ran ``droplab clean``."""
    leftovers: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """Kills that hit something alive."""
        return sum(count for phase, count in self.phases.items() if phase != "ended before")

    @property
    def good(self) -> bool:
        """Nothing was left, nothing went wrong."""
        return not self.leftovers and not self.wrong


def say(words: str) -> None:
    """Progress, on standard error."""
    print(words, file=sys.stderr, flush=True)


def draw(tallies: Sequence[Tally]) -> int:
    """Print the table, the phases and everything that is wrong; the exit status."""
    table = Table("part", "kills", "left until clean", "leftovers", "wrong")
    for tally in tallies:
        numbers = (tally.kills, tally.waited_for_clean, len(tally.leftovers), len(tally.wrong))
        table.add_row(tally.name, *map(str, numbers))
    console = Console(width=120)
    console.print(table)
    for tally in tallies:
        if tally.phases:
            console.print(f"{tally.name}: {_by_phase(tally.phases)}", highlight=False)
        for line in _cut([*tally.leftovers, *tally.wrong]):
            console.print(f"  {line}", markup=False, highlight=False)
    return 0 if all(tally.good for tally in tallies) else 1


def _by_phase(phases: Counter[str]) -> str:
    return ", ".join(f"{phase} {count}" for phase, count in sorted(phases.items()))


def _cut(lines: Iterable[str]) -> list[str]:
    return [line[:500] for line in list(lines)[:30]]

"""A diagnostic tool as droplab knows it: how it is run, how its output is read, and what its words mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from droplab.harness.contracts.change import Place

How = Literal["lost", "unanswered", "lines", "sum", "words", "time_ms", "time_s", "exit"]
Takes = Literal["run", "state", "difference", "stream"]
"""run: makes its own traffic and ends. Beside droplab's traffic: state (run after it), difference (run before and
after, numbers are subtracted), stream (runs while it flows, then SIGINT)."""
Where = Literal["client", "server", "every", "host"]
Form = Literal["lines", "json", "jsonl"]
Traffic = Literal["syn", "linux_syn", "http", "name", "ping"]


@dataclass(frozen=True)
class Signal:
    """One thing that the output says, read by a regular expression.

    lost: groups ``sent`` and ``received`` (or ``percent``). unanswered: lines that match against lines that match
    ``answer``. lines: how many match. sum: group 1 added up. words: the set of what the groups, or else the whole
    pattern, matched. time_ms, time_s: the largest group 1. exit: the exit status.
    """

    name: str
    how: How
    pattern: re.Pattern[str]
    alarms: bool = True
    """Whether a change of it is an alarm; else it only serves to name."""
    answer: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Meaning:
    """When ``signal`` has raised an alarm, and ``shows`` matches what is new, the tool says that it is one of these."""

    signal: str
    shows: re.Pattern[str] | None
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Tool:
    """A tool's definition."""

    name: str
    about: str
    package: str
    version: tuple[str, ...]
    needs: tuple[str, ...]
    """Programs that must be installed; by default the first word of ``run``."""
    kernel: str | None
    """A regular expression that ``uname -r`` must match."""
    run: tuple[str, ...]
    where: Where
    place: Place
    takes: Takes
    ready: str | None
    """What a stream prints when it sees packets: a regular expression."""
    traffic: tuple[Traffic, ...]
    within_s: float
    form: Form
    file: str | None
    """What is read instead of its standard output; ``{out}`` is a folder of this run."""
    signals: tuple[Signal, ...]
    meanings: tuple[Meaning, ...]
    cannot: Mapping[str, str]
    """Kind to why the tool cannot see it: a stated limit, checked but not counted as a miss."""
    digest: str
    path: Path

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind that it can name."""
        return frozenset(kind for meaning in self.meanings for kind in meaning.kinds)

"""Comparing scores with a reviewed file that holds one line for each tool and case."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.definition.folder import shown
from droplab.harness.definition.yaml_positions import read
from droplab.harness.errors import DefinitionError
from droplab.harness.scoring.fisher import fewer, holm, more, runs_needed
from droplab.harness.scoring.rates import Score

Verdict = Literal["same", "worse", "better", "new", "gone", "cannot tell"]
Counts = Mapping[str, Proportion]
ALPHA = 1e-3
"""The probability that any case is called worse or better although nothing has changed, all cases together."""
GOOD = ("noticed", "named")
BAD = ("wrong", "false_alarm")


@dataclass(frozen=True)
class Change:
    """What became of one case of one tool."""

    key: str
    verdict: Verdict
    words: str = ""

    @property
    def fails(self) -> bool:
        """Worse, or no longer there."""
        return self.verdict in ("worse", "gone")


def lines(scores: Iterable[Score]) -> dict[str, Counts]:
    """``tool: case`` to its counts, sorted."""
    found = {
        f"{score.tool}: {each.case.id}": {
            name: value
            for name, value in zip((*GOOD, *BAD), (each.noticed, each.right, each.wrong, each.false_alarm), strict=True)
            if value.n
        }
        for score in scores
        for each in score.cases
    }
    return {key: counts for key, counts in sorted(found.items()) if counts}


def text(found: Mapping[str, Counts], made: Mapping[str, str]) -> str:
    """The file: how it was made, then a line for each case."""
    header = ", ".join(f"{name}: {json.dumps(value)}" for name, value in made.items())
    rows = [
        f"{json.dumps(key)}: {{{', '.join(f'{name}: {value.k}/{value.n}' for name, value in counts.items())}}}"
        for key, counts in found.items()
    ]
    return "\n".join([f"made: {{{header}}}", *rows, ""])


def load(file: Path) -> dict[str, Counts]:
    """Read a baseline. Raises DefinitionError."""
    name = shown(file)
    source = read(file, name)
    if not isinstance(source.data, dict):
        raise DefinitionError([f'{name}: expected `"tool: case": {{noticed: 5/5}}` lines'])
    found: dict[str, Counts] = {}
    for key, counts in source.data.items():
        if key == "made":
            continue
        try:
            found[key] = {metric: _proportion(value) for metric, value in counts.items()}
        except (ValueError, AttributeError):
            line, column = source.place((key,))
            raise DefinitionError([f"{name}:{line}:{column}: {key}: expected counts such as noticed: 5/5"]) from None
    return found


def _proportion(words: str) -> Proportion:
    k, _, n = str(words).partition("/")
    return Proportion(int(k), int(n))


def compare(before: Mapping[str, Counts], now: Mapping[str, Counts], alpha: float = ALPHA) -> list[Change]:
    """A change for each case, by Fisher's exact test with ``alpha`` shared over all of them."""
    both = [
        (key, metric, before[key][metric], value)
        for key, counts in now.items()
        for metric, value in counts.items()
        if metric in before.get(key, {})
    ]
    down = {f"{key}\0{metric}": _worse(metric, was, value) for key, metric, was, value in both}
    up = {f"{key}\0{metric}": _better(metric, was, value) for key, metric, was, value in both}
    worse, better = holm(down, alpha / 2), holm(up, alpha / 2)
    share = alpha / 2 / max(len(both), 1)
    changes = [_change(key, before, now, worse, better, share) for key in now]
    return [*changes, *(Change(key, "gone") for key in before if key not in now)]


def _change(
    key: str,
    before: Mapping[str, Counts],
    now: Mapping[str, Counts],
    worse: set[str],
    better: set[str],
    share: float,
) -> Change:
    if key not in before:
        return Change(key, "new")
    moved = [metric for metric in now[key] if metric in before[key] and _differ(before[key][metric], now[key][metric])]
    told = "; ".join(_told(metric, before[key][metric], now[key][metric]) for metric in moved)
    if any(f"{key}\0{metric}" in worse for metric in moved):
        return Change(key, "worse", told)
    if any(f"{key}\0{metric}" in better for metric in moved):
        return Change(key, "better", told)
    if not moved:
        return Change(key, "same")
    return Change(key, "cannot tell", f"{told}; {', '.join(_needs(before[key], now[key], moved, share))}")


def _needs(before: Counts, now: Counts, moved: Iterable[str], share: float) -> Iterator[str]:
    for metric in moved:
        needed = runs_needed(before[metric], now[metric], share)
        yield f"{metric} would take {needed} runs" if needed else f"{metric} differs too little to tell"


def _worse(metric: str, was: Proportion, now: Proportion) -> float:
    return fewer(was, now) if metric in GOOD else more(was, now)


def _better(metric: str, was: Proportion, now: Proportion) -> float:
    return more(was, now) if metric in GOOD else fewer(was, now)


def _differ(was: Proportion, now: Proportion) -> bool:
    return was.estimate != now.estimate


def _told(metric: str, was: Proportion, now: Proportion) -> str:
    return f"{metric} {was.k}/{was.n} → {now.k}/{now.n}"

"""From outcomes to four separate rates with exact intervals: noticed, named right, named wrong, false alarm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.scoring.cases import Case
from droplab.harness.scoring.tool import Tool
from droplab.harness.scoring.trial import Outcome
from droplab.harness.verdict.proportion import interval

ERROR = 0.05
"""An interval misses the true rate with this probability at most (Clopper and Pearson 1934)."""


@dataclass(frozen=True)
class CaseScore:
    """One tool on one case. ``cannot`` is the definition's own reason why it cannot see it."""

    case: Case
    noticed: Proportion
    right: Proportion
    wrong: Proportion
    false_alarm: Proportion
    after_s: float | None
    """The median time to notice: from the beginning of the look until the tool had said it."""
    nameable: bool
    cannot: str | None
    excluded: int
    why: tuple[str, ...]
    """What it said, or why a trial does not count; each once."""
    kernel: tuple[str, ...]
    """What the kernel itself said of dropped packets meanwhile; each once."""


@dataclass(frozen=True)
class Score:
    """One tool on all cases."""

    tool: str
    about: str
    version: str
    cases: tuple[CaseScore, ...]

    @property
    def noticed(self) -> Proportion:
        """Of the real faults that it does not say it cannot see."""
        return _sum(each.noticed for each in self.cases if each.case.real and not each.cannot)

    @property
    def right(self) -> Proportion:
        """Of the real faults that its definition can name."""
        return _sum(each.right for each in self.cases if each.case.real and each.nameable and not each.cannot)

    @property
    def wrong(self) -> Proportion:
        """Of all trials."""
        return _sum(each.wrong for each in self.cases)

    @property
    def false_alarm(self) -> Proportion:
        """Of all healthy phases."""
        return _sum(each.false_alarm for each in self.cases)

    @property
    def excluded(self) -> int:
        """Trials that do not count: the environment was not broken as it should, or the machine lacks something."""
        return sum(each.excluded for each in self.cases)

    def smallest(self) -> dict[str, tuple[str, float]]:
        """For each graded fault the mildest severity that it noticed in half of the runs or more."""
        found: dict[str, tuple[str, float]] = {}
        for each in self.cases:
            if (
                each.case.severity
                and each.case.kind
                and not each.case.like
                and 2 * each.noticed.k >= each.noticed.n > 0
            ):
                found[each.case.kind] = each.case.severity
        return found

    def to_json(self) -> dict[str, Any]:
        """As one JSON object; rates as counts, with their intervals."""
        rates = {name: rate_json(getattr(self, name)) for name in ("noticed", "right", "wrong", "false_alarm")}
        return {
            "tool": self.tool,
            "version": self.version,
            **rates,
            "excluded": self.excluded,
            "smallest": {kind: {name: value} for kind, (name, value) in self.smallest().items()},
            "cases": [_case_json(each) for each in self.cases],
        }


def _case_json(each: CaseScore) -> dict[str, Any]:
    rates = {name: rate_json(getattr(each, name)) for name in ("noticed", "right", "wrong", "false_alarm")}
    extra = {
        "after_s": each.after_s,
        "cannot": each.cannot,
        "excluded": each.excluded,
        "said": list(each.why),
        "kernel": list(each.kernel),
    }
    return {"case": each.case.id, "kind": each.case.kind, "real": each.case.real, **rates, **extra}


def rate_json(rate: Proportion) -> dict[str, Any]:
    """Counts and interval; no interval where nothing was tried."""
    return {
        "k": rate.k,
        "n": rate.n,
        "interval": [round(bound, 4) for bound in interval(rate, ERROR)] if rate.n else None,
    }


def scores(
    tools: Sequence[Tool], cases: Sequence[Case], outcomes: Iterable[Outcome], versions: Mapping[str, str]
) -> list[Score]:
    """The score of each tool, in the order given; cases without any outcome are left out."""
    every = list(outcomes)
    found = []
    for tool in tools:
        own = [outcome for outcome in every if outcome.tool == tool.name]
        pairs = [(case, [outcome for outcome in own if outcome.case == case.id]) for case in cases]
        rows = tuple(_case_score(tool, case, tried) for case, tried in pairs if tried)
        found.append(Score(tool.name, tool.about, versions.get(tool.name, ""), rows))
    return found


def _case_score(tool: Tool, case: Case, tried: Sequence[Outcome]) -> CaseScore:
    counted = [outcome for outcome in tried if outcome.state == "counted"]
    times = [outcome.after_s for outcome in counted if outcome.noticed]
    n = len(counted) if case.kind else 0
    return CaseScore(
        case=case,
        noticed=Proportion(sum(outcome.noticed for outcome in counted), n),
        right=Proportion(sum(outcome.right for outcome in counted), n),
        wrong=Proportion(sum(outcome.wrong for outcome in counted), len(counted)),
        false_alarm=Proportion(
            sum(outcome.false_alarms for outcome in counted), sum(outcome.controls for outcome in counted)
        ),
        after_s=round(median(times), 3) if times else None,
        nameable=case.kind in tool.kinds,
        cannot=tool.cannot.get(case.kind or ""),
        excluded=len(tried) - len(counted),
        why=tuple(dict.fromkeys(outcome.why for outcome in tried if outcome.why)),
        kernel=tuple(dict.fromkeys("; ".join(outcome.drops) for outcome in tried if outcome.drops)),
    )


def _sum(rates: Iterable[Proportion]) -> Proportion:
    return sum(rates, Proportion(0, 0))

"""Judging a measured value against what was expected, with a stated error and a bounded number of looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from droplab.harness.contracts.measurement import Proportion, Value
from droplab.harness.verdict.expectation import Contains, Exactly, Expectation, Near, NoneLost, OneOf, Within
from droplab.harness.verdict.proportion import interval, region, trials_near, upper

Verdict = Literal["pass", "fail", "inconclusive", "error"]

ERROR = 1e-6
"""The declared probability that one statistical check is wrong."""
NONE_LOST_TRIALS = 2600  # 1375 without a loss would do; this many forgive five, or one stall of the scheduler flakes
WITHIN_TRIALS = 9600  # tells a truth that is 0.02 or more from a bound
TIMES = 3


@dataclass(frozen=True)
class Check:
    """One expectation, judged. The keys are those of report.json."""

    probe: str
    metric: str
    expected: str
    observed: str
    n: int | None
    interval: tuple[float, float] | None
    error: float | None
    verdict: Verdict
    why: str = ""

    @classmethod
    def of_state(cls, probe: str, expected: str, observed: str, verdict: Verdict = "fail") -> Check:
        """A check of a state that needs no statistics."""
        return cls(probe, "state", expected, observed, None, None, None, verdict)


def trials(expectation: Expectation, *, proportion: bool) -> int | None:
    """How many probes the first look takes; None where one measurement is enough."""
    if not proportion:
        return None
    if isinstance(expectation, NoneLost):
        return NONE_LOST_TRIALS
    if isinstance(expectation, Near):
        return trials_near(expectation.p, expectation.tol, ERROR)
    return WITHIN_TRIALS


def looks(expectation: Expectation) -> int:
    """How often more probes may be added when a look decides nothing; each look spends its share of the error."""
    return 1 if isinstance(expectation, Near) else 2


def judge(probe: str, metric: str, expectation: Expectation, value: Value | None, *, doubt: str | None = None) -> Check:
    """The check. ``inconclusive`` after a look that is not the last means: take another."""
    if doubt:
        return Check(probe, metric, words(expectation), doubt, None, None, None, "inconclusive", doubt)
    if value is None:
        return Check(probe, metric, words(expectation), "nothing was measured", None, None, None, "fail")
    if isinstance(value, Proportion):
        return _proportion(probe, metric, expectation, value)
    observed = _short(value)
    if isinstance(expectation, Contains):
        found = expectation.text in str(value)
        observed = f"contains {expectation.text!r}" if found else f"does not contain it ({len(str(value))} characters)"
        return Check(probe, metric, words(expectation), observed, None, None, None, "pass" if found else "fail")
    return Check(
        probe, metric, words(expectation), observed, None, None, None, "pass" if _fits(expectation, value) else "fail"
    )


def judge_times(probe: str, metric: str, expectation: Within, values: Sequence[float]) -> Check:
    """Times: every one of them lies inside; there is no p-value for a time."""
    inside = len(values) == TIMES and all(expectation.low <= value <= expectation.high for value in values)
    shown = ", ".join(f"{value:.3g}" for value in values) or "no time in any of them,"
    return Check(probe, metric, words(expectation), f"{shown} s", len(values), None, None, "pass" if inside else "fail")


def _fits(expectation: Expectation, value: Value) -> bool:
    match expectation:
        case Exactly(count):
            return value == count
        case OneOf(allowed):
            return value in allowed
        case Within(low, high):
            return isinstance(value, int | float) and low <= value <= high
        case _:
            return False


def _proportion(probe: str, metric: str, expectation: Expectation, seen: Proportion) -> Check:
    error = ERROR / looks(expectation)
    low, high = interval(seen, error)
    observed = f"{100 * seen.estimate:.3g} % of {seen.n} [{100 * low:.3g}, {100 * high:.3g}]"
    verdict: Verdict = "inconclusive"
    why = ""
    if isinstance(expectation, NoneLost):
        bound = upper(seen, error)
        observed = f"{seen.k} of {seen.n}, below {100 * bound:.2g} %"
        verdict = "pass" if bound < expectation.bound else "fail" if low > expectation.bound else "inconclusive"
    elif isinstance(expectation, Near):
        a, b = region(seen.n, expectation.p, error)
        verdict = "pass" if a <= seen.k <= b else "fail"
    elif isinstance(expectation, Within):
        inside = (low >= expectation.low or expectation.low <= 0) and (
            high <= expectation.high or expectation.high >= 1
        )
        outside = high < expectation.low or low > expectation.high
        verdict = "pass" if inside else "fail" if outside else "inconclusive"
        why = "" if inside or outside else "the truth is within 0.02 of a bound"
    return Check(probe, metric, words(expectation), observed, seen.n, (low, high), ERROR, verdict, why)


def words(expectation: Expectation) -> str:
    """What is expected, for a person."""
    match expectation:
        case NoneLost(bound):
            return f"none (below {100 * bound:g} %)"
        case Near(p, tol):
            return f"{100 * p:.4g} % ± {100 * tol:g}"
        case Within(low, high):
            return f"between {low:g} and {high:g}"
        case Exactly(count):
            return str(count)
        case OneOf(allowed):
            return " or ".join(allowed)
        case Contains(text):
            return f"contains {text!r}"


def _short(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    text = str(value)
    return text if len(text) <= 120 else text[:117] + "..."

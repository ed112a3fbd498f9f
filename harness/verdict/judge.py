"""Judging a measured value against what was expected, with a stated error and a bounded number of looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Literal

from droplab.harness.contracts.measurement import Proportion, Value
from droplab.harness.verdict.expectation import Contains, Exactly, Expectation, Near, NoneLost, OneOf, Within
from droplab.harness.verdict.proportion import acceptance_region, interval, lower_bound, miss, upper_bound
from droplab.harness.verdict.sample_size import near_size, none_lost_size

Verdict = Literal["pass", "fail", "inconclusive", "error"]

ERROR = 1e-6
"""The declared probability that one statistical check passes or fails wrongly, all of its looks together."""
WITHIN_TRIALS = 9600
"""The interval is then 0.026 wide on each side at worst (p = 0.5), and 0.018 after the second look."""
TIMES = 3
OUTLIERS = {7: 2}
"""How many of so many times may lie outside: two of seven, for a lab that loses packets at random."""


@dataclass(frozen=True)
class Check:
    """One expectation, judged. The keys are those of report.json.

    ``interval`` holds the truth (0..1), but for the probability ``error`` that this check is wrong; both are None
    where nothing was left to chance. ``why`` says what to do about a verdict that is no pass.
    """

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
    """How many probes each look takes; None where one measurement is enough."""
    if not proportion:
        return None
    match expectation:
        case NoneLost(bound):
            return none_lost_size(bound, ERROR)
        case Near(p, tol):
            return near_size(p, tol, ERROR)
        case _:
            return WITHIN_TRIALS


def looks(expectation: Expectation) -> int:
    """How often the probes of an undecided check may be taken, in all.

    Each look spends its share of the error: looking again with the same interval would add the errors up.
    """
    return 2 if isinstance(expectation, NoneLost | Within) else 1


def judge(probe: str, metric: str, expectation: Expectation, value: Value | None, *, doubt: str | None = None) -> Check:
    """The check of one value; a proportion is that of all looks together.

    ``inconclusive`` after a look that is not the last means: take another. ``doubt`` is the measurement's own.
    """
    if doubt:
        return Check(probe, metric, words(expectation), doubt, None, None, None, "inconclusive", doubt)
    if value is None:
        return Check(probe, metric, words(expectation), "nothing was measured", None, None, None, "fail")
    if isinstance(value, Proportion):
        return _proportion(probe, metric, expectation, value)
    fits = _fits(expectation, value)
    observed = _short(value)
    if isinstance(expectation, Contains):
        observed = words(expectation) if fits else f"does not contain it ({len(str(value))} characters)"
    return Check(probe, metric, words(expectation), observed, None, None, None, "pass" if fits else "fail")


def judge_times(probe: str, metric: str, expectation: Within, values: Sequence[float], *, taken: int = TIMES) -> Check:
    """Times, in seconds, of ``taken`` measurements: three of three or five of seven lie inside.

    There is no p-value for a time. A measurement that gave no time is missing in ``values`` and counts as outside.
    """
    inside = sum(expectation.low <= value <= expectation.high for value in values)
    shown = ", ".join(f"{value:.3g}" for value in values) + " s" if values else "no time"
    if len(values) < taken:
        shown += f", and none in {taken - len(values)} of {taken}"
    verdict: Verdict = "pass" if inside >= taken - OUTLIERS.get(taken, 0) else "fail"
    return Check(probe, metric, words(expectation), shown, taken, None, None, verdict)


def _fits(expectation: Expectation, value: Value) -> bool:
    match expectation:
        case Exactly(count):
            return value == count
        case OneOf(allowed):
            return value in allowed
        case Contains(text):
            return isinstance(value, str) and text in value
        case Within(low, high):
            return isinstance(value, int | float) and low <= value <= high
        case _:
            return False


def _proportion(probe: str, metric: str, expectation: Expectation, seen: Proportion) -> Check:
    error = ERROR / looks(expectation)
    low, high = interval(seen, error)
    observed = f"{100 * seen.estimate:.3g} % of {seen.n} [{100 * low:.3g}, {100 * high:.3g}]"
    match expectation:
        case NoneLost(bound):
            low, high = lower_bound(seen, error), upper_bound(seen, error)
            observed = f"{seen.k} of {seen.n}, below {_rounded_up(100 * high)} %"
            verdict, why = _none_lost(seen, bound, (low, high))
        case Near(p, tol):
            verdict, why = _near(seen, p, tol, error)
        case Within():
            verdict, why = _within(expectation, (low, high))
        case _:
            verdict, why = "error", "a proportion is expected to be 0, near a value or within a range"
    return Check(probe, metric, words(expectation), observed, seen.n, (low, high), ERROR, verdict, why)


def _none_lost(seen: Proportion, bound: float, truth: tuple[float, float]) -> tuple[Verdict, str]:
    low, high = truth
    if high < bound:
        return "pass", ""
    if low >= bound:
        return "fail", ""
    enough = none_lost_size(bound, ERROR)
    why = f"{seen.n} probes of which {seen.k} are lost do not show less than {100 * bound:g} %, nor more"
    return "inconclusive", f"{why}; give the probe a higher `count`" + f", {enough} or more" * (seen.n < enough)


def _near(seen: Proportion, p: float, tol: float, error: float) -> tuple[Verdict, str]:
    a, b = acceptance_region(seen.n, p, error)
    if not a <= seen.k <= b:
        return "fail", ""
    if miss(seen.n, p, tol, error) <= ERROR:
        return "pass", ""
    why = f"{seen.n} probes do not tell {100 * p:.4g} % from a truth that is {100 * tol:g} away"
    return "inconclusive", f"{why}; give the probe a higher `count`, {near_size(p, tol, ERROR)} or more"


def _within(expected: Within, truth: tuple[float, float]) -> tuple[Verdict, str]:
    low, high = truth
    if expected.low <= low and high <= expected.high:
        return "pass", ""
    if high < expected.low or low > expected.high:
        return "fail", ""
    bound = expected.low if low < expected.low else expected.high
    away = max(bound - low, high - bound)
    why = f"the truth is within {away:.2g} of {bound:g} and may lie on either side"
    return "inconclusive", f"{why}; widen the range, or give the probe a higher `count`"


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


def _rounded_up(percent: float) -> str:
    """Two digits that are not below the bound: what is printed must be true."""
    step = 10.0 ** (floor(log10(percent)) - 1)
    return f"{ceil(percent / step - 1e-9) * step:.4g}"


def _short(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    text = str(value)
    return text if len(text) <= 120 else text[:117] + "..."

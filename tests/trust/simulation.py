"""The statistics alone: how often a check is wrong, drawn at random and by the exact sum, against what it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.verdict.expectation import Expectation, Near, NoneLost, Within
from droplab.harness.verdict.judge import ERROR, Verdict, judge, looks, trials

if TYPE_CHECKING:
    import numpy as np

VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "inconclusive")


@dataclass(frozen=True)
class Case:
    """A truth, and the verdict that is wrong under it; None where the case states the power instead."""

    words: str
    expectation: Expectation
    truth: float
    wrong: Verdict | None


CASES = (
    Case("loss: 0, true loss 1 % (the bound)", NoneLost(), 0.01, "pass"),
    Case("loss: 0, true loss 0.99 % (just below)", NoneLost(), 0.0099, "fail"),
    Case("loss: 0.51, true loss 51 %", Near(0.51), 0.51, "fail"),
    Case("loss: 0.51, true loss 46 %", Near(0.51), 0.46, "pass"),
    Case("loss: 0.51, true loss 56 %", Near(0.51), 0.56, "pass"),
    Case("loss: 0.3, true loss 30 %", Near(0.3), 0.3, "fail"),
    Case("loss: 0.3, true loss 35 %", Near(0.3), 0.35, "pass"),
    Case("loss: [0.2, 0.4], true loss 19.9 %", Within(0.2, 0.4), 0.199, "pass"),
    Case("loss: [0.2, 0.4], true loss 20.1 %", Within(0.2, 0.4), 0.201, "fail"),
    Case("loss: [0.99, 1], true loss 98.9 %", Within(0.99, 1), 0.989, "pass"),
    Case("loss: 0, nothing lost", NoneLost(), 0.0, None),
    Case("loss: 0, true loss 0.1 %", NoneLost(), 0.001, None),
    Case("loss: 0, true loss 2 %", NoneLost(), 0.02, None),
    Case("loss: [0.2, 0.4], true loss 30 %", Within(0.2, 0.4), 0.3, None),
    Case("loss: [0.2, 0.4], true loss 21 %", Within(0.2, 0.4), 0.21, None),
    Case("loss: [0.2, 0.4], true loss 51 %", Within(0.2, 0.4), 0.51, None),
)


@cache
def verdict_table(expectation: Expectation, look: int) -> np.ndarray:
    """The verdict, as its place in VERDICTS, for every count of lost probes after so many looks."""
    import numpy as np

    n = look * (trials(expectation, proportion=True) or 0)
    judged = (judge("syn", "loss", expectation, Proportion(k, n)).verdict for k in range(n + 1))
    return np.array([VERDICTS.index(verdict) for verdict in judged], dtype=np.int8)


def drawn(case: Case, times: int, seed: int) -> Mapping[Verdict, int]:
    """How often each verdict is reached when whole checks are drawn at random, second looks included."""
    import numpy as np

    rng, n = np.random.default_rng(seed), trials(case.expectation, proportion=True) or 0
    found, undecided = np.zeros(len(VERDICTS), dtype=np.int64), VERDICTS.index("inconclusive")
    for first in range(0, times, 1_000_000):
        lost = rng.binomial(n, case.truth, min(1_000_000, times - first))
        verdicts = verdict_table(case.expectation, 1)[lost]
        for look in range(2, looks(case.expectation) + 1):
            again = np.flatnonzero(verdicts == undecided)
            lost[again] += rng.binomial(n, case.truth, again.size)
            verdicts[again] = verdict_table(case.expectation, look)[lost[again]]
        found += np.bincount(verdicts, minlength=len(VERDICTS))
    return dict(zip(VERDICTS, map(int, found), strict=True))


def exactly(case: Case) -> Mapping[Verdict, float]:
    """The probability of each verdict, by summing the binomial distribution over every path of at most two looks."""
    import numpy as np
    from scipy.stats import binom

    n = trials(case.expectation, proportion=True) or 0
    chance = binom.pmf(np.arange(n + 1), n, case.truth)
    table, undecided = verdict_table(case.expectation, 1), VERDICTS.index("inconclusive")
    sums = np.bincount(table, weights=chance, minlength=len(VERDICTS))
    if looks(case.expectation) > 1:
        pending = np.where(table == undecided, chance, 0.0)
        second = verdict_table(case.expectation, 2)
        sums[undecided] = 0.0
        for lost in np.flatnonzero(pending > 0):
            sums += pending[lost] * np.bincount(second[lost : lost + n + 1], weights=chance, minlength=len(VERDICTS))
    return dict(zip(VERDICTS, map(float, sums), strict=True))


def rising(p: float, n: int, error: float, times: int, seed: int) -> float:
    """How often a proof would see a rise although the loss is ``p`` before and after, n probes each."""
    import numpy as np

    from droplab.harness.verdict.proportion import interval

    bounds = np.array([interval(Proportion(k, n), error / 2) for k in range(n + 1)])
    rng = np.random.default_rng(seed)
    before, after = rng.binomial(n, p, times), rng.binomial(n, p, times)
    return float(np.mean(bounds[before, 1] < bounds[after, 0]))


def declared() -> float:
    """The error that every check declares, all of its looks together."""
    return ERROR

"""Exact tests on a proportion. Nothing here is a normal approximation: every stated error holds for every n and p."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cache

from droplab.harness.contracts.measurement import Proportion


def at_most(k: int, n: int, p: float) -> float:
    """P(X <= k) for X ~ Binomial(n, p), by the incomplete beta function (DLMF 8.17.5)."""
    from scipy.special import betainc  # 0.15 to 0.3 s to import; scipy.stats would be four times that

    if k < 0:
        return 0.0
    return 1.0 if k >= n else float(betainc(n - k, k + 1, 1 - p))


def at_least(k: int, n: int, p: float) -> float:
    """P(X >= k) for X ~ Binomial(n, p), without the cancellation of 1 - P(X < k)."""
    from scipy.special import betainc

    if k > n:
        return 0.0
    return 1.0 if k <= 0 else float(betainc(k, n - k + 1, p))


def lower_bound(value: Proportion, error: float) -> float:
    """The one-sided Clopper-Pearson bound: the true proportion is below it with probability ``error`` at most."""
    from scipy.special import betaincinv

    return 0.0 if value.k == 0 else float(betaincinv(value.k, value.n - value.k + 1, error))


def upper_bound(value: Proportion, error: float) -> float:
    """The one-sided Clopper-Pearson bound: the true proportion is above it with probability ``error`` at most."""
    from scipy.special import betainccinv

    return 1.0 if value.k == value.n else float(betainccinv(value.k + 1, value.n - value.k, error))


def interval(value: Proportion, error: float) -> tuple[float, float]:
    """The exact interval of Clopper and Pearson (1934): it misses the truth with probability ``error`` at most."""
    return lower_bound(value, error / 2), upper_bound(value, error / 2)


@cache
def acceptance_region(n: int, p: float, error: float) -> tuple[int, int]:
    """[a, b] such that X ~ Binomial(n, p) is outside with probability ``error`` at most, half of it on each side."""
    counts = range(n + 1)
    a = bisect_right(counts, error / 2, key=lambda k: at_most(k, n, p))
    b = bisect_left(counts, -error / 2, key=lambda k: -at_least(k + 1, n, p))
    return a, b


@cache
def miss(n: int, p: float, tol: float, error: float) -> float:
    """How likely the acceptance region of ``p`` takes in a truth that is ``tol`` away, on the worse side.

    A side that lies outside [0, 1] cannot be true and does not count.
    """
    a, b = acceptance_region(n, p, error)
    below = at_least(a, n, p - tol) if p - tol >= 0 else 0.0
    above = at_most(b, n, p + tol) if p + tol <= 1 else 0.0
    return max(below, above)


def rises(before: Proportion, after: Proportion, error: float) -> bool:
    """Whether ``after`` is shown to be larger: two exact intervals at error / 2 are disjoint.

    When nothing has changed this says so wrongly with probability ``error`` at most.
    """
    return interval(before, error / 2)[1] < interval(after, error / 2)[0]


def same(before: Proportion, after: Proportion, error: float) -> bool:
    """Whether the two are not shown to differ: neither rises above the other. No proof that they are equal."""
    return not rises(before, after, error) and not rises(after, before, error)

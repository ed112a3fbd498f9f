"""Exact statistics of a proportion, k of n. No normal approximation anywhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from droplab.harness.contracts.measurement import Proportion


def interval(seen: Proportion, error: float) -> tuple[float, float]:
    """The Clopper-Pearson interval: the truth lies outside with probability at most ``error``."""
    from scipy.special import betaincinv

    k, n = seen.k, seen.n
    if n == 0:
        return 0.0, 1.0
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, error / 2))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - error / 2))
    return low, high


def upper(seen: Proportion, error: float) -> float:
    """The one-sided Clopper-Pearson bound: the truth lies above with probability at most ``error``."""
    return interval(seen, 2 * error)[1]


@lru_cache(maxsize=256)
def region(n: int, p: float, error: float) -> tuple[int, int]:
    """The counts a..b that n trials of probability p leave with probability at most ``error``, half on either side."""
    from scipy.special import bdtr, bdtrc

    def least(holds: Callable[[int], bool]) -> int:
        low, high = -1, n
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if holds(middle) else (middle, high)
        return high

    low = least(lambda k: bdtr(k, n, p) > error / 2)  # P(X < low) <= error / 2
    high = least(lambda k: bdtrc(k, n, p) <= error / 2)  # P(X > high) <= error / 2
    return low, high


@lru_cache(maxsize=256)
def trials_near(p: float, tol: float, error: float, miss: float = 1e-6) -> int:
    """The trials after which the acceptance region of p rejects p - tol and p + tol but for probability ``miss``."""
    low, high = 1, 64
    while not _rejects(high, p, tol, error, miss):
        low, high = high, high * 2
    while high - low > 10:
        middle = (low + high) // 2
        low, high = (low, middle) if _rejects(middle, p, tol, error, miss) else (middle, high)
    return high


def _rejects(n: int, p: float, tol: float, error: float, miss: float) -> bool:
    from scipy.special import bdtr, bdtrc

    a, b = region(n, p, error)
    above = p + tol >= 1 or bdtr(b, n, p + tol) <= miss
    below = p - tol <= 0 or bdtrc(a - 1, n, p - tol) <= miss
    return bool(above and below)


def rises(before: Proportion, after: Proportion, error: float) -> bool:
    """Whether ``after`` is above ``before``: two intervals at error / 2 are disjoint."""
    return interval(after, error / 2)[0] > interval(before, error / 2)[1]


def same(before: Proportion, after: Proportion, error: float) -> bool:
    """Whether no difference is shown either way, by the same two intervals."""
    return not rises(before, after, error) and not rises(after, before, error)

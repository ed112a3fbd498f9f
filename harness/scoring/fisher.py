"""Fisher's exact test on two counts, and how many runs it would take."""

from __future__ import annotations

from functools import cache
from math import comb

from droplab.harness.contracts.measurement import Proportion

MOST_RUNS = 2000


@cache
def fewer(before: Proportion, after: Proportion) -> float:
    """The probability of a count as low as ``after`` or lower if nothing had changed (one-sided, margins fixed)."""
    n, k = before.n + after.n, before.k + after.k
    whole = comb(n, after.n)
    if not whole or not before.n or not after.n:
        return 1.0
    low = max(0, after.n - (n - k))
    return sum(comb(k, j) * comb(n - k, after.n - j) for j in range(low, after.k + 1)) / whole


def more(before: Proportion, after: Proportion) -> float:
    """The probability of a count as high as ``after`` or higher if nothing had changed."""
    return fewer(Proportion(before.n - before.k, before.n), Proportion(after.n - after.k, after.n))


def runs_needed(before: Proportion, after: Proportion, alpha: float) -> int | None:
    """With how many runs on each side the same two rates would differ at ``alpha``; None when they do not differ."""
    if not before.n or not after.n or before.estimate == after.estimate:
        return None
    for n in range(max(before.n, after.n), MOST_RUNS):
        was, now = Proportion(round(before.estimate * n), n), Proportion(round(after.estimate * n), n)
        if min(fewer(was, now), more(was, now)) <= alpha:
            return n
    return None


def holm(values: dict[str, float], alpha: float) -> set[str]:
    """The keys whose p-value is significant with ``alpha`` shared over all of them (Holm 1979)."""
    found: set[str] = set()
    for rank, (key, value) in enumerate(sorted(values.items(), key=lambda item: item[1])):
        if value > alpha / (len(values) - rank):
            break
        found.add(key)
    return found

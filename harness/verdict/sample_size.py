"""How many probes an exact test takes, so that its declared error holds in both directions."""

from __future__ import annotations

from functools import cache
from itertools import count

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.verdict.proportion import miss, upper_bound

STEP = 100
STRAYS = 5
"""Losses that ``loss: 0`` forgives, or one stall of the machine's scheduler would be a finding."""


@cache
def none_lost_size(bound: float, error: float) -> int:
    """Enough to show a proportion below ``bound`` although a few strays are lost: 2600 for 0.01 at 1e-6."""
    return next(n for n in count(STEP, STEP) if upper_bound(Proportion(STRAYS, n), error) < bound)


@cache
def near_size(p: float, tol: float, error: float) -> int:
    """Enough that the acceptance region of ``p`` takes in p - tol or p + tol with probability ``error`` at most.

    About 25 / tol^2 at p = 0.5 and 1e-6: 9400 for 0.05, 2400 for 0.1, 58 200 for 0.02.
    """
    enough = STEP
    while miss(enough, p, tol, error) > error:
        enough *= 2
    least = enough // 2
    while enough - least > STEP:
        middle = (enough + least) // 2 // STEP * STEP
        least, enough = (least, middle) if miss(middle, p, tol, error) <= error else (middle, enough)
    return enough

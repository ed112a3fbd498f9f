"""What a definition may expect of a metric. (types; judged in judge.py)"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NoneLost:
    """``loss: 0``: the upper bound of the proportion is below ``bound``."""

    bound: float = 0.01


@dataclass(frozen=True)
class Near:
    """``loss: 0.51``: the count lies in the acceptance region of ``p``, which rejects p - tol and p + tol."""

    p: float
    tol: float = 0.05


@dataclass(frozen=True)
class Within:
    """``[low, high]``: a proportion's interval lies inside, or a gauge or a time does. None leaves a side open."""

    low: float
    high: float


@dataclass(frozen=True)
class Exactly:
    """``lost: 100``: a count, exactly."""

    count: int


@dataclass(frozen=True)
class OneOf:
    """``outcome: ok`` or ``outcome: [connect_timeout, no_response]``."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Contains:
    """``body_contains: text``: the text occurs."""

    text: str


Expectation = NoneLost | Near | Within | Exactly | OneOf | Contains

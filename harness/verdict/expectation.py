"""What a definition may expect of a metric: the types. Whether it holds is judged in judge.py.

expected of             written as                   judged by
NoneLost   proportion   loss: 0                      an exact upper bound, at most two looks
Near       proportion   loss: 0.51                   an exact acceptance region, one look
Within     proportion   loss: [0.2, 0.4]             an exact interval, at most two looks, then inconclusive
Within     gauge, time  usage: [0, 0.1]              the value; times are measured several times
Exactly    count        lost: 100                    equality, for faults that are not left to chance
OneOf      category     outcome: ok                  equality with one of the words
Contains   text         body_contains: Thank you     occurrence
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NoneLost:
    """``loss: 0``: the proportion is shown to be below ``bound`` (0..1). No sample can show that it is zero."""

    bound: float = 0.01


@dataclass(frozen=True)
class Near:
    """``loss: 0.51``: the count lies in the acceptance region of ``p``, which rejects p - tol and p + tol (0..1)."""

    p: float
    tol: float = 0.05


@dataclass(frozen=True)
class Within:
    """``[low, high]``, bounds included: a proportion's whole interval lies inside, or a gauge or a time does.

    An infinite bound leaves a side open. A proportion and its bounds are 0..1, a time is in seconds.
    """

    low: float
    high: float


@dataclass(frozen=True)
class Exactly:
    """``lost: 100``: the count, exactly."""

    count: int


@dataclass(frozen=True)
class OneOf:
    """``outcome: ok`` or ``outcome: [connect_timeout, no_response]``: one of the words."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Contains:
    """``body_contains: text``: the text occurs, in this spelling."""

    text: str


Expectation = NoneLost | Near | Within | Exactly | OneOf | Contains

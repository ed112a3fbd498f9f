"""What a probe saw: named values, each of a type that says how it may be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Metric(Enum):
    """How a metric is judged. Only a proportion gets statistics."""

    PROPORTION = "proportion"  # k of n, judged by an exact test with a declared error
    COUNT = "count"  # a whole number, judged by equality
    CATEGORY = "category"  # a word out of a fixed set
    TEXT = "text"  # judged by what it contains
    GAUGE = "gauge"  # a level, judged by a range
    TIME = "time"  # seconds, judged by a range


@dataclass(frozen=True)
class Proportion:
    """``k`` of ``n`` probes. ``k / n`` is an estimate, never a verdict by itself."""

    k: int
    n: int

    @property
    def estimate(self) -> float:
        """k / n, or 0 when nothing was sent."""
        return self.k / self.n if self.n else 0.0

    def __add__(self, other: Proportion) -> Proportion:
        return Proportion(self.k + other.k, self.n + other.n)


Value = Proportion | int | float | str


@dataclass(frozen=True)
class Measurement:
    """The values of one measurement by metric name, and details that are shown but never judged.

    ``doubt`` is set when the probe itself could not measure well (for example too many late replies on a stalled
    machine); the verdict is then inconclusive whatever the values say.
    """

    values: Mapping[str, Value]
    details: Mapping[str, object] = field(default_factory=dict)
    duration_s: float = 0.0
    doubt: str | None = None

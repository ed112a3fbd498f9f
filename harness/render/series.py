"""What the plots draw, gathered from a report: proportions with their intervals, and round-trip times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from droplab.harness.contracts.measurement import Measurement, Proportion
from droplab.harness.engine.report import Phase, Report

ERROR = 1e-6


@dataclass(frozen=True)
class Loss:
    """A proportion that a probe measured in a phase, with its interval."""

    phase: int
    series: str
    seen: Proportion
    interval: tuple[float, float]


@dataclass(frozen=True)
class Times:
    """Round-trip times in seconds that a probe measured in a phase: ``quantiles`` by their share, and a sample."""

    phase: int
    series: str
    quantiles: Mapping[float, float]
    sample: tuple[float, ...]


def losses(report: Report) -> list[Loss]:
    """Every proportion of every phase; the interval is the check's own, or an exact one at 1e-6."""
    return [
        Loss(number, _series(probe, metric), value, _interval(phase, probe, metric, value))
        for number, phase in enumerate(report.phases)
        for probe, measurement in phase.measurements.items()
        for metric, value in measurement.values.items()
        if isinstance(value, Proportion) and value.n
    ]


def _series(probe: str, metric: str) -> str:
    return probe if metric == "loss" else f"{probe} {metric}"


def _interval(phase: Phase, probe: str, metric: str, value: Proportion) -> tuple[float, float]:
    from droplab.harness.verdict.proportion import interval

    for check in phase.checks:
        if (check.probe, check.metric) == (probe, metric) and check.interval is not None:
            return check.interval[0], check.interval[1]
    return interval(value, ERROR)


def times(report: Report) -> list[Times]:
    """Every distribution of round-trip times."""
    found = (
        _times(number, probe, measurement)
        for number, phase in enumerate(report.phases)
        for probe, measurement in phase.measurements.items()
    )
    return [item for item in found if item]


def _times(phase: int, probe: str, measurement: Measurement) -> Times | None:
    quantiles, sample = measurement.details.get("rtt_s"), measurement.details.get("rtt_sample_s")
    if not isinstance(quantiles, Mapping) or not quantiles:
        return None
    shares = {_share(str(name)): float(seconds) for name, seconds in quantiles.items()}
    points = tuple(float(seconds) for seconds in sample if seconds > 0) if isinstance(sample, list | tuple) else ()
    return Times(phase, probe, {share: seconds for share, seconds in sorted(shares.items()) if seconds > 0}, points)


def _share(name: str) -> float:
    """``min``, ``p25``, ``max`` as 0, 0.25, 1 (harness/probes/summary.py names them)."""
    ends = {"min": 0.0, "max": 1.0}
    return ends[name] if name in ends else float(name.removeprefix("p")) / 100

"""From a tally to a measurement: loss, times, and the details that reports plot."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence

from droplab.harness.contracts.measurement import Measurement, Metric, Proportion, Value
from droplab.harness.probes.volley import Tally

TOO_MANY_LATE = 0.01
SAMPLE = 500
QUANTILES = {"min": 0.0, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99, "max": 1.0}
LOSS_METRICS = {
    "loss": Metric.PROPORTION,
    "lost": Metric.COUNT,
    "rtt_p50_s": Metric.TIME,
    "late": Metric.COUNT,
    "dup": Metric.COUNT,
}
"""What ``loss_values`` gives."""


def quantiles(times_s: Sequence[float]) -> dict[str, float]:
    """Nearest-rank quantiles in seconds; empty when there are no times."""
    ordered = sorted(times_s)
    last = len(ordered) - 1
    return {name: ordered[round(share * last)] for name, share in QUANTILES.items()} if ordered else {}


def loss_values(tally: Tally) -> dict[str, Value]:
    """The metrics that every loss probe has. Without a reply there is no ``rtt_p50_s``."""
    on_time = tally.on_time()
    lost = tally.sent - len(on_time)
    values: dict[str, Value] = {
        "loss": Proportion(lost, tally.sent),
        "lost": lost,
        "late": tally.late,
        "dup": tally.dup,
    }
    if on_time:
        values["rtt_p50_s"] = quantiles(on_time)["p50"]
    return values


def loss_details(tally: Tally) -> dict[str, object]:
    """What is shown but never judged."""
    on_time = tally.on_time()
    return {
        "sent": tally.sent,
        "rtt_s": quantiles(on_time),
        "rtt_sample_s": on_time[:: max(1, -(-len(on_time) // SAMPLE))],
        "rate_pps": round(tally.sent / tally.took_s) if tally.took_s else 0,
        "late": tally.late,
        "dup": tally.dup,
        "alien": tally.alien,
        "errors": {errno.errorcode.get(number, str(number)): count for number, count in tally.refusals.items()},
    }


def too_late(tally: Tally) -> bool:
    """More than 1 % of the first replies came after the deadline: a delay or a stalled machine, not a loss."""
    return tally.late > TOO_MANY_LATE * tally.sent


def again_if_spoilt(once: Callable[[], Tally]) -> Tally:
    """Measure, and once more when too many replies were late or did not fit into the receive queue.

    A stall of the machine passes and the second run is clean. A delay stays, or the queue is still full of the first
    run's replies: then the first run is kept, with its doubt.
    """
    first = once()
    if not _spoilt(first):
        return first
    second = once()
    strangers = second.alien > TOO_MANY_LATE * second.sent
    return first if _spoilt(second) or strangers or not second.answered else second


def _spoilt(tally: Tally) -> bool:
    return too_late(tally) or tally.overflowed > 0


def doubt(tally: Tally) -> str | None:
    """Why the probe itself could not measure well, or None."""
    if tally.overflowed:
        return f"{tally.overflowed} replies did not fit into the receive queue; probe slower (rate_pps)"
    if tally.refusals[errno.EAGAIN] or tally.refusals[errno.ENOBUFS]:
        return "the node's own send queue is stuck or full; probe slower (rate_pps)"
    if too_late(tally):
        return f"{tally.late} of {tally.sent} replies came after {tally.deadline_s} s; raise deadline_s"
    return None


def all_lost(count: int, error: OSError, **more: Value) -> Measurement:
    """There is no way to the target: nothing could be sent."""
    name = errno.errorcode.get(error.errno or 0, str(error.errno))
    values: dict[str, Value] = {"loss": Proportion(count, count), "lost": count, **more}
    return Measurement(values, {"sent": 0, "errors": {name: count}, "reason": str(error)})

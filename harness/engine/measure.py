"""Measuring what a definition expects: as many probes as the test needs, more looks where one decides nothing.

Where each packet's fate is its own (``Fault.memoryless``), a probe that mostly waits for a word, such as a request
that is never answered, is measured beside the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from droplab.harness.contracts.measurement import Measurement, Metric, Proportion, Value
from droplab.harness.contracts.node import Node
from droplab.harness.definition.lab import Expectations, Lab, ProbeUse
from droplab.harness.engine.aside import Aside
from droplab.harness.engine.events import Listener
from droplab.harness.verdict.expectation import Expectation, Within
from droplab.harness.verdict.judge import TIMES, Check, judge, judge_times, looks, trials


class Measurer:
    """Measures the probes of a lab once each, and judges every metric that is expected of them."""

    def __init__(self, lab: Lab, nodes: Mapping[str, Node], listener: Listener) -> None:
        self._lab = lab
        self._nodes = nodes
        self._listener = listener
        self.measurements: dict[str, Measurement] = {}
        """Probe name to what it measured, all looks together."""

    def checks(self, *expectations: Expectations) -> Iterator[Check]:
        """A check for each expected metric, in the order of the probes in the definition."""
        every = {name: _wanted(name, expectations) for name in self._lab.probes}
        aside = {
            name: self._aside(self._lab.probes[name]) for name, wanted in every.items() if self._waits(name, wanted)
        }
        for name, wanted in every.items():
            if wanted:
                self._listener.measuring(name)
                first = aside[name].result() if name in aside else None
                yield from self._probe(name, self._lab.probes[name], wanted, first)

    def _waits(self, name: str, wanted: Mapping[str, Expectation]) -> bool:
        metrics = self._lab.probes[name].probe.metrics
        words = bool(wanted) and all(metrics[metric] in (Metric.CATEGORY, Metric.TEXT) for metric in wanted)
        return words and all(use.fault.memoryless() for use in self._lab.faults.values())

    def _aside(self, use: ProbeUse) -> Aside[Measurement]:
        return Aside(lambda: self._measure(use, use))

    def _probe(
        self, name: str, use: ProbeUse, wanted: Mapping[str, Expectation], first: Measurement | None
    ) -> Iterator[Check]:
        seen = first or self._measure(use, self._sized(use, wanted))
        for _ in range(max(map(looks, wanted.values())) - 1):
            if not any(_undecided(name, metric, expected, seen) for metric, expected in wanted.items()):
                break
            self._listener.measuring(name, "once more")
            seen = _together(seen, self._measure(use, self._sized(use, wanted)))
        self.measurements[name] = seen
        for metric, expected in wanted.items():
            if use.probe.metrics[metric] is Metric.TIME and isinstance(expected, Within):
                yield judge_times(name, metric, expected, self._times(use, metric, seen))
            else:
                yield judge(name, metric, expected, seen.values.get(metric), doubt=seen.doubt)

    def _sized(self, use: ProbeUse, wanted: Mapping[str, Expectation]) -> ProbeUse:
        """The probe with the number of packets that its largest test takes, unless the definition gives one."""
        needs = [
            trials(expected, proportion=use.probe.metrics[metric] is Metric.PROPORTION)
            for metric, expected in wanted.items()
        ]
        most = max((need for need in needs if need), default=None)
        if use.probe.count is not None or most is None:
            return use
        return replace(use, probe=use.probe.model_copy(update={"count": most}))

    def _measure(self, use: ProbeUse, sized: ProbeUse) -> Measurement:
        return sized.probe.measure(self._nodes[use.node])

    def _times(self, use: ProbeUse, metric: str, first: Measurement) -> list[float]:
        """A time is measured three times, and every one of them must fit."""
        measured = [first, *(self._measure(use, use) for _ in range(TIMES - 1))]
        return [float(value) for seen in measured if isinstance(value := seen.values.get(metric), int | float)]


def _wanted(name: str, expectations: tuple[Expectations, ...]) -> dict[str, Expectation]:
    return {metric: expected for group in expectations for metric, expected in group.get(name, {}).items()}


def _undecided(name: str, metric: str, expected: Expectation, seen: Measurement) -> bool:
    value = seen.values.get(metric)
    return isinstance(value, Proportion) and judge(name, metric, expected, value).verdict == "inconclusive"


def _together(first: Measurement, second: Measurement) -> Measurement:
    """Two looks as one: proportions add up, everything else is the later look's."""
    values: dict[str, Value] = dict(second.values)
    for metric, value in first.values.items():
        later = values.get(metric)
        if isinstance(value, Proportion) and isinstance(later, Proportion):
            values[metric] = value + later
    return Measurement(values, second.details, first.duration_s + second.duration_s, first.doubt or second.doubt)

"""Proving that a fault bites: artifact, trace, symptom and control, measured before and after with the same traffic."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import ProbeSpec, Signature, Symptom
from droplab.harness.contracts.measurement import Measurement, Proportion, Value
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import Trace
from droplab.harness.definition.lab import FaultUse, Lab
from droplab.harness.engine.aim import Aimed, aim, interface_of, trigger
from droplab.harness.engine.report import Proof
from droplab.harness.engine.settle import settle
from droplab.harness.verdict.proportion import rises, same

if TYPE_CHECKING:
    from droplab.harness.definition.catalogue import Catalogue

ERROR = 1e-6
OFTEN, SELDOM = 11, 3
"""How many times are taken: 11 before and 11 after, all longer, come by chance once in 705 432; 3 and 3 once in 20."""
QUICK_S = 0.2


@dataclass(frozen=True)
class Observation:
    """What the trigger, the control and the traces gave once."""

    trigger: Measurement
    times: tuple[float, ...]
    """The metric of a "slower" symptom, measured several times."""
    spared: Measurement | None
    began: tuple[int, ...]
    ended: tuple[int, ...]
    """Each trace before and after the trigger ran."""

    def moved(self, index: int) -> int:
        """How far a trace moved while the trigger ran."""
        return self.ended[index] - self.began[index]


class Prover:
    """Observes a fault before and after its injection and compares."""

    def __init__(self, lab: Lab, nodes: Mapping[str, Node], use: FaultUse, catalogue: Catalogue) -> None:
        self.signature: Signature = use.fault.signature()
        self._nodes = nodes
        self._broken = nodes[use.node]
        self.trigger, symptom = trigger(lab, use, self.signature.trigger, catalogue)
        self._prober = nodes[self.trigger.node]
        self.symptom: Symptom = symptom or self.signature.symptom
        spared = self.signature.spared
        self.spared: Aimed | None = None
        if isinstance(spared, ProbeSpec):
            self.spared = aim(lab, use.node, spared, catalogue, at=interface_of(use))

    def observe(self, times: int | None = None) -> Observation:
        """Measure the trigger between two readings of the traces, then the control.

        ``times``: how many times to take for "slower"; by default as many as its first one allows. What earlier traffic
        taught the kernels is forgotten first: a path MTU that was learnt before would hide a black hole.
        """
        settle(self._nodes.values())
        began = self._read()
        measured = self._measure(self.trigger)
        ended = self._read()
        taken = self._times(measured, times) if self.symptom == "slower" else ()
        spared = self._measure(self.spared) if self.spared else None
        return Observation(measured, taken, spared, began, ended)

    def observe_like(self, before: Observation) -> Observation:
        """Observe again, with as many times as ``before`` has."""
        return self.observe(len(before.times))

    def _read(self) -> tuple[int, ...]:
        return tuple(trace.read(self._broken, self._prober) for trace in self.signature.traces)

    def _measure(self, aimed: Aimed) -> Measurement:
        return aimed.probe.measure(self._nodes[aimed.node])

    def _times(self, first: Measurement, times: int | None) -> tuple[float, ...]:
        count = times or (OFTEN if first.duration_s < QUICK_S else SELDOM)
        measured = [first, *(self._measure(self.trigger) for _ in range(count - 1))]
        values = [seen.values.get(self.trigger.metric) for seen in measured]
        return tuple(float(value) if isinstance(value, int | float) else float("inf") for value in values)

    def compare(
        self, change: Change, before: Observation, after: Observation, started: float
    ) -> tuple[Proof, list[str]]:
        """The four sides in words, and which of them are missing."""
        sides = {
            "artifact": "ok" if change.present.holds(self._broken) else "failed: it is not there",
            "trace": self._trace(before, after),
            "symptom": self._symptom(before, after),
            "control": self._control(before, after),
        }
        proof = Proof(**sides, duration_s=time.monotonic() - started)
        return proof, [f"{side} {words}" for side, words in sides.items() if words.startswith("failed")]

    def _trace(self, before: Observation, after: Observation) -> str:
        seen = []
        for index, trace in enumerate(self.signature.traces):
            moved = after.ended[index] - before.ended[index] if trace.scale == "state" else after.moved(index)
            words = f"{trace.label} {moved:+d}" if trace.scale != "state" else trace.label
            seen.append(words if trace.scale != "state" else f"not: {words}")
            if moved >= self._needed(trace, index, before, after):
                return f"ok: {words}"
        return f"failed: {', '.join(seen)} while the trigger ran"

    def _needed(self, trace: Trace, index: int, before: Observation, after: Observation) -> float:
        """What counts the lost packets must explain half of what was lost more; another counter must move more."""
        if trace.scale == "state":
            return 1
        was, now = (seen.trigger.values.get(self.trigger.metric) for seen in (before, after))
        if trace.scale == "hits" and isinstance(was, Proportion) and isinstance(now, Proportion):
            return max(1.0, 0.5 * (now.k - was.estimate * now.n))
        return before.moved(index) + 1

    def _symptom(self, before: Observation, after: Observation) -> str:
        was, now = before.trigger.values.get(self.trigger.metric), after.trigger.values.get(self.trigger.metric)
        words = f"{self.trigger.label} {_words(was)} → {_words(now)}"
        if self.symptom == "slower":
            words = f"{self.trigger.label} {_span(before.times)} → {_span(after.times)}"
        elif after.trigger.doubt:
            return f"failed: {after.trigger.doubt}"
        worse = self._worse(before, after, was, now)
        if self.signature.effect == "none":
            return f"failed: a suspect must do no harm, but {words}" if worse else f"ok: unchanged, {words}"
        return f"ok: {words}" if worse else f"failed: not worse than before, {words}"

    def _worse(self, before: Observation, after: Observation, was: Value | None, now: Value | None) -> bool:
        if self.symptom == "slower":
            return min(after.times) > max(before.times)
        if self.symptom == "rises" and isinstance(was, Proportion) and isinstance(now, Proportion):
            return rises(was, now, ERROR)
        return was != now and (not self.signature.becomes or now in self.signature.becomes)

    def _control(self, before: Observation, after: Observation) -> str:
        if self.spared is None or before.spared is None or after.spared is None:
            return f"none ({self.signature.spared})"
        was, now = before.spared.values.get(self.spared.metric), after.spared.values.get(self.spared.metric)
        words = f"{self.spared.label} {_words(was)} → {_words(now)}"
        unchanged = was == now
        if isinstance(was, Proportion) and isinstance(now, Proportion):
            unchanged = same(was, now, ERROR)
        return f"ok: unchanged, {words}" if unchanged else f"failed: the fault also hits what it must spare, {words}"


def _words(value: Value | None) -> str:
    if isinstance(value, Proportion):
        return f"{100 * value.estimate:.3g} % of {value.n}"
    return "nothing" if value is None else str(value)


def _span(times: tuple[float, ...]) -> str:
    """The range of some times, and how seldom so many of them are all longer by chance."""
    return f"{min(times):.3g}..{max(times):.3g} s ({len(times)} times, chance 1 in {comb(2 * len(times), len(times))})"

"""Proving that a fault bites: artifact, trace, symptom and control, measured before and after with the same traffic."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import ProbeSpec, Signature
from droplab.harness.contracts.measurement import Measurement, Proportion, Value
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter, Trace
from droplab.harness.definition.lab import FaultUse, Lab
from droplab.harness.engine.aim import Aimed, aim, trigger
from droplab.harness.engine.report import Proof
from droplab.harness.verdict.proportion import rises, same

if TYPE_CHECKING:
    from droplab.harness.definition.catalogue import Catalogue

ERROR = 1e-6


@dataclass(frozen=True)
class Observation:
    """What the trigger, the control and the traces gave once."""

    trigger: Measurement
    spared: Measurement | None
    moved: tuple[int, ...]
    """How far each trace moved while the trigger ran."""


class Prover:
    """Observes a fault before and after its injection and compares."""

    def __init__(self, lab: Lab, nodes: Mapping[str, Node], use: FaultUse, catalogue: Catalogue) -> None:
        self.signature: Signature = use.fault.signature()
        self._nodes = nodes
        self._broken = nodes[use.node]
        self.trigger, symptom = trigger(lab, use, self.signature.trigger, catalogue)
        self.symptom: Literal["rises", "changes"] = symptom or self.signature.symptom
        spared = self.signature.spared
        self.spared: Aimed | None = aim(lab, use.node, spared, catalogue) if isinstance(spared, ProbeSpec) else None

    def observe(self) -> Observation:
        """Measure the trigger between two readings of the traces, then the control."""
        before = [trace.read(self._broken) for trace in self.signature.traces]
        measured = self._measure(self.trigger)
        after = [trace.read(self._broken) for trace in self.signature.traces]
        spared = self._measure(self.spared) if self.spared else None
        return Observation(measured, spared, tuple(b - a for a, b in zip(before, after, strict=True)))

    def _measure(self, aimed: Aimed) -> Measurement:
        return aimed.probe.measure(self._nodes[aimed.node])

    def compare(
        self, change: Change, before: Observation, after: Observation, started: float
    ) -> tuple[Proof, list[str]]:
        """The four sides in words, and which of them are missing."""
        sides = {
            "artifact": "ok" if change.present.holds(self._broken) else "failed: it is not there",
            "trace": self._trace(before, after),
            "symptom": self._symptom(before.trigger, after.trigger),
            "control": self._control(before, after),
        }
        proof = Proof(**sides, duration_s=time.monotonic() - started)
        return proof, [f"{side} {words}" for side, words in sides.items() if words.startswith("failed")]

    def _trace(self, before: Observation, after: Observation) -> str:
        seen = []
        for trace, quiet, moved in zip(self.signature.traces, before.moved, after.moved, strict=True):
            seen.append(f"{trace.label} +{moved}")
            if moved >= self._needed(trace, quiet, before, after):
                return f"ok: {trace.label} +{moved}"
        return f"failed: {', '.join(seen)} while the trigger ran"

    def _needed(self, trace: Trace, quiet: int, before: Observation, after: Observation) -> float:
        """An artifact's own counter must explain half of what was lost more; another counter must move more."""
        was, now = (seen.trigger.values.get(self.trigger.metric) for seen in (before, after))
        if isinstance(trace, OwnCounter) and isinstance(was, Proportion) and isinstance(now, Proportion):
            return max(1.0, 0.5 * (now.k - was.estimate * now.n))
        return quiet + 1

    def _symptom(self, before: Measurement, after: Measurement) -> str:
        was, now = before.values.get(self.trigger.metric), after.values.get(self.trigger.metric)
        words = f"{self.trigger.label} {_words(was)} → {_words(now)}"
        if after.doubt:
            return f"failed: {after.doubt}"
        worse = _worse(self.symptom, was, now)
        if self.signature.effect == "none":
            return f"failed: a suspect must do no harm, but {words}" if worse else f"ok: unchanged, {words}"
        return f"ok: {words}" if worse else f"failed: not worse than before, {words}"

    def _control(self, before: Observation, after: Observation) -> str:
        if self.spared is None or before.spared is None or after.spared is None:
            return f"none ({self.signature.spared})"
        was, now = before.spared.values.get(self.spared.metric), after.spared.values.get(self.spared.metric)
        words = f"{self.spared.label} {_words(was)} → {_words(now)}"
        unchanged = was == now
        if isinstance(was, Proportion) and isinstance(now, Proportion):
            unchanged = same(was, now, ERROR)
        return f"ok: unchanged, {words}" if unchanged else f"failed: the fault also hits what it must spare, {words}"


def _worse(symptom: str, was: Value | None, now: Value | None) -> bool:
    if symptom == "rises" and isinstance(was, Proportion) and isinstance(now, Proportion):
        return rises(was, now, ERROR)
    return was != now


def _words(value: Value | None) -> str:
    if isinstance(value, Proportion):
        return f"{100 * value.estimate:.3g} % of {value.n}"
    return "nothing" if value is None else str(value)

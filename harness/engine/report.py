"""What a run found, as one immutable value; rendered by harness/render as console, JSON, JUnit XML and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from droplab.harness.contracts.measurement import Measurement, Proportion
from droplab.harness.verdict.judge import Check

Verdict = Literal["pass", "fail", "inconclusive", "error"]


@dataclass(frozen=True)
class Evidence:
    """A command that was shown or run in a node, what it printed, and whether it showed what it had to."""

    node: str
    command: str
    output: str
    returncode: int
    expected: str | None = None
    """What the output had to show, in words; None for a repair or a fault's own command."""
    held: bool = True
    duration_s: float = 0.0


@dataclass(frozen=True)
class Phase:
    """A stretch of the run: ``healthy``, ``broken``, a step's title, ``gone``."""

    name: str
    checks: tuple[Check, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    """Probe name to what it measured; its details feed the plots."""
    because: str = ""
    started_s: float = 0.0
    """Seconds since the run began."""
    duration_s: float = 0.0
    captures: tuple[str, ...] = ()
    """File names of packet captures, relative to the report's folder."""


@dataclass(frozen=True)
class Proof:
    """The four sides of a fault's proof, each in words that begin with ok, failed, none or unproven."""

    artifact: str
    trace: str
    symptom: str
    control: str
    duration_s: float = 0.0


@dataclass(frozen=True)
class FaultReport:
    """A fault of the run. ``gone`` is None when it was never removed."""

    key: str
    kind: str
    node: str
    parameters: Mapping[str, Any]
    commands: tuple[str, ...]
    proof: Proof
    gone: bool | None = None


@dataclass(frozen=True)
class Report:
    """One run of one lab."""

    lab: str
    title: str
    story: str
    runtime: str
    seed: int
    parameters: Mapping[str, Any]
    started: str
    """ISO 8601, UTC."""
    duration_s: float
    verdict: Verdict
    why: str
    """One sentence for a verdict other than pass; empty for pass."""
    phases: tuple[Phase, ...]
    faults: tuple[FaultReport, ...]
    residue: tuple[str, ...]
    commands: tuple[str, ...]
    environment: Mapping[str, str]
    reproduce: str
    topology: Mapping[str, str]
    """Node name to its addresses, as written in the definition."""

    def to_json(self) -> dict[str, Any]:
        """The document of design 9: ``schema`` 1, keys fixed."""
        from droplab import __version__

        return {
            "schema": 1,
            "droplab": __version__,
            "lab": self.lab,
            "title": self.title,
            "runtime": self.runtime,
            "seed": self.seed,
            "parameters": dict(self.parameters),
            "started": self.started,
            "duration_s": round(self.duration_s, 3),
            "verdict": self.verdict,
            "why": self.why,
            "phases": [_phase(phase) for phase in self.phases],
            "faults": [_fault(fault) for fault in self.faults],
            "residue": list(self.residue),
            "commands": list(self.commands),
            "environment": dict(self.environment),
            "reproduce": self.reproduce,
        }


def _phase(phase: Phase) -> dict[str, Any]:
    return {
        "name": phase.name,
        "started_s": round(phase.started_s, 3),
        "duration_s": round(phase.duration_s, 3),
        "because": phase.because,
        "checks": [_check(check) for check in phase.checks],
        "evidence": [vars(item) for item in phase.evidence],
        "measurements": {name: _measurement(m) for name, m in phase.measurements.items()},
        "captures": list(phase.captures),
    }


def _check(check: Check) -> dict[str, Any]:
    record = vars(check).copy()
    record["interval"] = list(check.interval) if check.interval is not None else None
    return record


def _measurement(measurement: Measurement) -> dict[str, Any]:
    values = {
        name: {"k": value.k, "n": value.n} if isinstance(value, Proportion) else value
        for name, value in measurement.values.items()
        if name != "body_contains"
    }
    return {"values": values, "details": dict(measurement.details), "duration_s": round(measurement.duration_s, 4)}


def _fault(fault: FaultReport) -> dict[str, Any]:
    return {
        "key": fault.key,
        "kind": fault.kind,
        "node": fault.node,
        "parameters": dict(fault.parameters),
        "commands": list(fault.commands),
        "proof": {side: getattr(fault.proof, side) for side in ("artifact", "trace", "symptom", "control")},
        "gone": fault.gone,
    }

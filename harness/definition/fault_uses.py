"""The faults of a definition: ``{node: NODE, KIND: {parameters}, trigger: {...}}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from droplab.harness.contracts.fault import Fault, Symptom
from droplab.harness.contracts.measurement import Metric
from droplab.harness.contracts.probe import Probe
from droplab.harness.definition.entries import class_of, kind_of, node_of
from droplab.harness.definition.lab import FaultUse
from droplab.harness.definition.reading import Reading
from droplab.harness.definition.shape_errors import shaped
from droplab.harness.definition.shapes import TriggerShape
from droplab.harness.definition.yaml_positions import Trail

BESIDE = ("node", "trigger")
SWITCH = "switch"
SYMPTOMS: Mapping[Metric, Symptom] = {Metric.PROPORTION: "rises", Metric.TIME: "slower"}
"""What a metric of this type does when it gets worse; any other one changes."""

Kinds = Mapping[str, type[Probe] | None]
"""Key of a probe to its class, None where that cannot be told."""


def build_faults(section: Mapping[str, Mapping[str, Any]], probes: Kinds, reading: Reading) -> dict[str, FaultUse]:
    """The faults in the order written; mistakes go to the problems."""
    uses = (_use(key, entry, probes, reading) for key, entry in section.items())
    return {use.key: use for use in uses if use}


def _use(key: str, entry: Mapping[str, Any], probes: Kinds, reading: Reading) -> FaultUse | None:
    trail, kinds = ("faults", key), reading.catalogue.fault_kinds()
    node = node_of(entry, trail, reading, also=(SWITCH,))
    trigger = _trigger(entry["trigger"], (*trail, "trigger"), probes, reading) if "trigger" in entry else None
    kind = kind_of(entry, trail, reading, what="fault", kinds=kinds, beside=BESIDE)
    cls = class_of(reading.catalogue.fault, kind, trail, reading)
    if kind is None or cls is None:
        return None
    for stranger in entry.keys() - {kind, *BESIDE}:
        _stranger((*trail, stranger), kind, cls, reading)
    fault = _fault(cls, entry[kind], (*trail, kind), reading)
    return FaultUse(key, kind, node, fault, trigger) if node and fault else None


def _stranger(trail: Trail, kind: str, cls: type[Fault], reading: Reading) -> None:
    if trail[-1] in cls.model_fields:
        words = f"is a parameter of {kind}: write {{{kind}: {{{trail[-1]}: ...}}}}"
        reading.problems.add(trail, words, of_key=True)
    else:
        reading.problems.unknown_key(trail, f"unknown key beside {kind}", BESIDE)


def _fault(cls: type[Fault], parameters: Any, trail: Trail, reading: Reading) -> Fault | None:
    given = {} if parameters is None else parameters
    if not isinstance(given, dict):
        reading.problems.add(trail, "expected its parameters, {name: value}", parameters)
        return None
    return shaped(cls, given, trail, reading.problems, as_json=True)


def _trigger(given: Any, trail: Trail, probes: Kinds, reading: Reading) -> Mapping[str, Any] | None:
    """The override with its metric and its symptom filled in."""
    shape = shaped(TriggerShape, given, trail, reading.problems)
    if shape is None or not reading.is_probe(shape.probe, (*trail, "probe")):
        return None
    cls = probes.get(shape.probe)
    if cls is None:
        return None
    metric = shape.metric or next((name for name in ("loss", "outcome") if name in cls.metrics), None)
    if metric is None or metric not in cls.metrics:
        words = "is missing: which metric of the probe" if metric is None else f"no metric of {shape.probe}"
        reading.problems.add((*trail, "metric"), words, *([] if metric is None else [metric]), hint=_listed(cls))
        return None
    fitting = SYMPTOMS.get(cls.metrics[metric], "changes")
    if shape.symptom not in (None, fitting):
        words = f"{metric} is a {cls.metrics[metric].value}: its symptom is {fitting}"
        reading.problems.add((*trail, "symptom"), words, shape.symptom)
    return {"probe": shape.probe, "metric": metric, "symptom": fitting}


def _listed(cls: type[Probe]) -> str:
    return f"; its metrics are {', '.join(cls.metrics)}"

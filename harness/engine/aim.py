"""Aiming a fault's own probes: where they run, and what exactly they are pointed at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from droplab.harness.contracts.fault import ProbeSpec
from droplab.harness.contracts.probe import Probe
from droplab.harness.definition.lab import FaultUse, Lab
from droplab.harness.errors import UsageError

if TYPE_CHECKING:
    from droplab.harness.definition.catalogue import Catalogue


@dataclass(frozen=True)
class Aimed:
    """A probe ready to measure: the node it runs in, and the metric that is looked at."""

    node: str
    probe: Probe
    metric: str
    kind: str

    @property
    def label(self) -> str:
        """For example ``syn loss``."""
        return f"{self.kind} {self.metric}"


def trigger(
    lab: Lab, use: FaultUse, spec: ProbeSpec, catalogue: Catalogue
) -> tuple[Aimed, Literal["rises", "changes"] | None]:
    """The fault's trigger, or the lab's override ``trigger: {probe, metric, symptom}``."""
    if use.trigger is None:
        return aim(lab, use.node, spec, catalogue), None
    own = lab.probes[use.trigger["probe"]]
    metric = use.trigger.get("metric") or ("loss" if "loss" in own.probe.metrics else "outcome")
    symptom: Literal["rises", "changes"] = use.trigger.get("symptom") or ("rises" if metric == "loss" else "changes")
    return Aimed(own.node, own.probe, metric, own.kind), symptom


def aim(lab: Lab, broken: str, spec: ProbeSpec, catalogue: Catalogue) -> Aimed:
    """Point ``spec`` at the node ``broken``.

    The lab's own probe of that kind which aims at the node gives source and target; else the first neighbour of the
    node and its first TCP service do. Raises UsageError when no other node could send.
    """
    fields: dict[str, Any] = dict(spec.parameters)
    port = fields.pop("port", None)
    for use in lab.probes.values():
        if use.kind == spec.kind and _host(use.probe.target) == broken and port is None:
            return Aimed(
                use.node, _probe(catalogue, spec.kind, {"target": use.probe.target, **fields}), spec.metric, spec.kind
            )
    source = _neighbour(lab, broken)
    target = f"{broken}:{port or _service_port(lab, broken)}" if spec.kind == "syn" else broken
    return Aimed(source, _probe(catalogue, spec.kind, {"target": target, **fields}), spec.metric, spec.kind)


def _probe(catalogue: Catalogue, kind: str, fields: Mapping[str, Any]) -> Probe:
    return catalogue.probe(kind)(**fields)


def _host(target: str) -> str:
    return re.sub(r"^\w+://", "", target).split("/")[0].split(":")[0]


def _neighbour(lab: Lab, broken: str) -> str:
    networks = {network for network, _ in lab.nodes[broken].interfaces}
    for node in lab.nodes.values():
        if node.name != broken and networks & {network for network, _ in node.interfaces}:
            return node.name
    raise UsageError(f"{broken}: no other node shares a network with it, so nothing can show that the fault bites")


def _service_port(lab: Lab, broken: str) -> str:
    for service in lab.nodes[broken].services:
        protocol, _, port = service.ready.partition(":")
        if protocol == "tcp":
            return port
    return "80"

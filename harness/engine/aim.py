"""Aiming a fault's own probes: where they run, and what exactly they are pointed at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from droplab.harness.contracts.fault import ProbeSpec, Symptom
from droplab.harness.contracts.probe import Probe
from droplab.harness.definition.lab import FaultUse, Lab, LabNode
from droplab.harness.errors import UsageError

if TYPE_CHECKING:
    from droplab.harness.definition.catalogue import Catalogue

DEADLINE_S = 0.1
"""A proof compares the same traffic before and after, so it need not wait as long as a verdict does."""


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


def trigger(lab: Lab, use: FaultUse, spec: ProbeSpec, catalogue: Catalogue) -> tuple[Aimed, Symptom | None]:
    """The fault's trigger, or the lab's override ``trigger: {probe, metric, symptom}``."""
    if use.trigger is None:
        return aim(lab, use.node, spec, catalogue, at=interface_of(use)), None
    own = lab.probes[use.trigger["probe"]]
    metric = use.trigger.get("metric") or ("loss" if "loss" in own.probe.metrics else "outcome")
    symptom: Symptom = use.trigger.get("symptom") or ("rises" if metric == "loss" else "changes")
    return Aimed(own.node, own.probe, metric, own.kind), symptom


def interface_of(use: FaultUse) -> str | None:
    """The interface that a fault breaks, None when it breaks all of the node."""
    return getattr(use.fault, "interface", None)


def aim(lab: Lab, broken: str, spec: ProbeSpec, catalogue: Catalogue, at: str | None = None) -> Aimed:
    """Point ``spec`` so that ``broken`` has its role, and the packets pass its interface ``at``.

    Raises UsageError when the lab has no nodes for that.
    """
    side = _side(lab, broken, at)
    fields: dict[str, Any] = dict(spec.parameters)
    cls = catalogue.probe(spec.kind)
    whom = _names_a_node(cls)
    port = None if "port" in cls.model_fields else fields.pop("port", None)
    own = None if port is not None or whom in fields else _own_probe(lab, broken, spec, side)
    if own is not None:
        source, fields[whom] = own
    elif whom in fields:
        source = broken if spec.role == "source" else _asker(lab, broken, spec.role, fields[whom], side)
    else:
        source, target = _pair(lab, broken, spec.role, side)
        served = _service_port(lab, broken if spec.role == "target" else target)
        fields[whom] = f"{target}:{port or served}" if spec.kind in ("syn", "hold") else target
        if spec.kind == "http":
            fields["target"] = f"http://{target}" + (f":{port}" if port else "") + "/"
    if "deadline_s" in cls.model_fields:
        fields.setdefault("deadline_s", DEADLINE_S)
    return Aimed(source, cls(**fields), spec.metric, spec.kind)


def _names_a_node(cls: type[Probe]) -> str:
    """The field that says who is probed: ``target``, unless the class names another one (see probe_uses)."""
    return str(next(iter(getattr(cls, "names_nodes", ("target",)))))


@dataclass(frozen=True)
class _Side:
    """One interface of the broken node: its network and its address."""

    network: str
    address: str


def _side(lab: Lab, broken: str, interface: str | None) -> _Side | None:
    """None where the packets may pass any interface: the node has one, or the fault names none of them."""
    own = lab.nodes[broken].interfaces if broken in lab.nodes else ()
    for index, (network, address) in enumerate(own):
        if len(own) > 1 and interface == f"eth{index}":
            return _Side(network, str(address.ip))
    return None


def _elsewhere(lab: Lab, broken: str, other: str, side: _Side | None) -> bool:
    """Whether a node is next to the broken one, but on another side."""
    near = _networks(lab, broken) & _networks(lab, other)
    return side is not None and bool(near) and side.network not in near


def _own_probe(lab: Lab, broken: str, spec: ProbeSpec, side: _Side | None) -> tuple[str, str] | None:
    """Node and target of the lab's first probe of that kind in which ``broken`` has the role."""
    for use in lab.probes.values():
        aimed_at = str(getattr(use.probe, _names_a_node(type(use.probe))))
        target = _host(aimed_at)
        if use.kind != spec.kind or target not in lab.nodes:
            continue
        fits = {
            "target": target == broken,
            "source": use.node == broken,
            "through": broken not in (use.node, target) and _passes(lab, use.node, target, broken),
            "routed": target == broken and not _networks(lab, use.node) & _networks(lab, broken),
        }
        ends = {use.node, target} - {broken}
        if fits[spec.role] and not all(_elsewhere(lab, broken, name, side) for name in ends):
            return use.node, aimed_at
    return None


def _asker(lab: Lab, broken: str, role: str, target: str, side: _Side | None) -> str:
    """Who probes a target that the fault names: the first node of the pair that is not the target itself."""
    if role == "target":
        for name in _neighbours(lab, broken, side):
            if _host(target) not in (name, str(lab.nodes[name].address)):
                return name
        raise UsageError(f"{broken}: no third node shares a network with it and can ask for {target}")
    return _pair(lab, broken, role, side)[0]


def _passes(lab: Lab, source: str, target: str, middle: str) -> bool:
    """Whether packets between two nodes have to pass a third: the switch always, a router between two networks."""
    if middle == "switch":
        return True
    return not _networks(lab, source) & _networks(lab, target)


def _pair(lab: Lab, broken: str, role: str, side: _Side | None) -> tuple[str, str]:
    """Source and target: a neighbour and the broken node, in the order of the role, or two nodes around it."""
    if broken not in lab.nodes and role != "through":
        raise UsageError(f"{broken}: it has no address to probe; this kind can only break a node")
    if role == "target":
        return next(_neighbours(lab, broken, side)), side.address if side else broken
    if role == "routed":
        return _stranger(lab, broken), broken
    if role == "source":
        return broken, _server(_neighbours(lab, broken, side), lab, broken)
    around = list(lab.nodes) if broken == "switch" else list(_neighbours(lab, broken, None))
    for target in sorted(around, key=lambda name: not lab.nodes[name].services):
        for source in around:
            there = not all(_elsewhere(lab, broken, name, side) for name in (source, target))
            if source != target and there and _passes(lab, source, target, broken):
                return source, target
    raise UsageError(f"{broken}: no two nodes talk through it, so nothing can show that the fault bites")


def _stranger(lab: Lab, broken: str) -> str:
    """The first node that reaches ``broken`` through a router only."""
    for name in lab.nodes:
        if not _networks(lab, name) & _networks(lab, broken):
            return name
    raise UsageError(f"{broken}: every node shares a network with it, so nothing can show what is lost behind a router")


def _server(names: Iterator[str], lab: Lab, broken: str) -> str:
    found = sorted(names, key=lambda name: not lab.nodes[name].services)
    if not found:
        raise UsageError(f"{broken}: no other node shares a network with it, so nothing can show that the fault bites")
    return found[0]


def _host(target: str) -> str:
    return re.sub(r"^\w+://", "", target).split("/")[0].split(":")[0]


def _networks(lab: Lab, name: str) -> set[str]:
    """The networks of a node; the switch is in all of them."""
    nodes: list[LabNode] = list(lab.nodes.values()) if name == "switch" else [lab.nodes[name]]
    return {network for node in nodes for network, _ in node.interfaces}


def _neighbours(lab: Lab, broken: str, side: _Side | None) -> Iterator[str]:
    near = {side.network} if side else _networks(lab, broken)
    found = [name for name in lab.nodes if name != broken and near & _networks(lab, name)]
    if not found:
        raise UsageError(f"{broken}: no other node shares a network with it, so nothing can show that the fault bites")
    return iter(found)


def _service_port(lab: Lab, node: str) -> str:
    for service in lab.nodes[node].services:
        protocol, _, port = service.ready.partition(":")
        if protocol == "tcp":
            return port
    return "80"

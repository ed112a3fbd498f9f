"""The probes of a definition: ``{node: NODE, KIND: target, other: field}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from droplab.harness.contracts.probe import Probe
from droplab.harness.definition.addresses import LABS
from droplab.harness.definition.entries import class_of, kind_of, node_of
from droplab.harness.definition.lab import ProbeUse
from droplab.harness.definition.reading import Reading
from droplab.harness.definition.shape_errors import shaped
from droplab.harness.definition.yaml_positions import Trail

TARGET = "target"
SCHEME = re.compile(r"[a-z]+://")


def probe_kinds(
    section: Mapping[str, Mapping[str, Any]], reading: Reading
) -> dict[str, tuple[str, type[Probe]] | None]:
    """Every probe's kind and class, None for one that has no kind or an unknown one: a problem."""
    known = reading.catalogue.probe_kinds()
    found: dict[str, tuple[str, type[Probe]] | None] = {}
    for key, entry in section.items():
        trail = ("probes", key)
        kind = kind_of(entry, trail, reading, what="probe", kinds=known, beside=("node",))
        cls = class_of(reading.catalogue.probe, kind, trail, reading)
        found[key] = (kind, cls) if kind and cls else None
    return found


def build_probes(
    section: Mapping[str, Mapping[str, Any]], kinds: Mapping[str, tuple[str, type[Probe]] | None], reading: Reading
) -> dict[str, ProbeUse]:
    """The probes in the order written; mistakes go to the problems."""
    found = {}
    for key, entry in section.items():
        node = node_of(entry, ("probes", key), reading)
        if kind := kinds[key]:
            probe = _probe(entry, *kind, ("probes", key), reading)
            if node and probe:
                found[key] = ProbeUse(key, kind[0], node, probe)
    return found


def _probe(entry: Mapping[str, Any], kind: str, cls: type[Probe], trail: Trail, reading: Reading) -> Probe | None:
    written = entry[kind]
    inside = written if isinstance(written, dict) else {} if written is None else {TARGET: written}
    beside = {name: value for name, value in entry.items() if name not in ("node", kind)}
    fields = beside | inside
    for name in beside.keys() & inside.keys():
        reading.problems.add((*trail, name), f"is given by {kind} as well", of_key=True)

    def place(inner: Trail) -> Trail:
        if isinstance(written, dict) and inner and inner[0] in written:
            return (*trail, kind, *inner)
        return (*trail, kind) if inner == (TARGET,) and TARGET not in beside else (*trail, *inner)

    probe = shaped(cls, fields, trail, reading.problems, as_json=True, places=place)
    if fields.get("resolve") != "node":
        for name in getattr(cls, "names_nodes", (TARGET,)):
            _check_host(fields.get(name), place((name,)), reading)
    return probe


def _check_host(target: Any, trail: Trail, reading: Reading) -> None:
    """What a probe aims at is a node or an address of a lab, unless the node's own resolver shall find it.

    A class whose target is something else says so: ``names_nodes = ("server",)``.
    """
    if not isinstance(target, str) or reading.problems.at(trail):
        return
    host = re.split(r"[/:?#]", SCHEME.sub("", target), maxsplit=1)[0]
    if not re.fullmatch(r"[0-9.]+", host):
        reading.is_node(host, trail)
    elif not _is_address_of_a_lab(host):
        reading.problems.add(trail, f"the addresses of a lab are in {LABS}", host)


def _is_address_of_a_lab(text: str) -> bool:
    try:
        return IPv4Address(text) in LABS
    except ValueError:
        return False

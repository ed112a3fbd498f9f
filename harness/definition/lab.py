"""A loaded lab: every name resolved, every parameter drawn, every formula computed. Immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import Any

from droplab.harness.contracts.fault import Fault
from droplab.harness.contracts.probe import Probe
from droplab.harness.verdict.expectation import Expectation

Expectations = Mapping[str, Mapping[str, Expectation]]
"""Probe name to metric to what is expected of it."""


@dataclass(frozen=True)
class Service:
    """A program that serves in a node: ``run`` starts it, ``ready`` ("tcp:80", "udp:53") tells that it listens."""

    name: str
    run: str
    ready: str


@dataclass(frozen=True)
class NodeFile:
    """A file that the lab puts into a node before its services start."""

    path: str
    content: bytes
    mode: int = 0o644


@dataclass(frozen=True)
class LabNode:
    """A node as the definition describes it. ``interfaces`` are eth0, eth1, ... in the order written."""

    name: str
    interfaces: tuple[tuple[str, IPv4Interface], ...]
    """(network name, address) for each interface; the single-network short form has the network "lan"."""
    routes: Mapping[str, IPv4Address]
    """Destination ("default" or a prefix) to gateway."""
    forward: bool
    setup: tuple[str, ...]
    """Commands run in the node's network namespace once it is wired; part of the healthy lab."""
    files: tuple[NodeFile, ...]
    resolv_conf: tuple[str, ...]
    services: tuple[Service, ...]

    @property
    def address(self) -> IPv4Address:
        """The address of eth0."""
        return self.interfaces[0][1].ip


@dataclass(frozen=True)
class FaultUse:
    """A fault of this lab: ``key`` is its name in the definition, ``kind`` the file name in faults/."""

    key: str
    kind: str
    node: str
    fault: Fault
    trigger: Mapping[str, Any] | None = None
    """An override of the signature's trigger from lab.yaml, or None."""


@dataclass(frozen=True)
class ProbeUse:
    """A probe of this lab, and the node that it runs in."""

    key: str
    kind: str
    node: str
    probe: Probe


@dataclass(frozen=True)
class Look:
    """Evidence: a command in a node and what it must show (a regular expression) or must not.

    ``node`` is a node, ``switch`` or ``host``. With ``during``, the command runs until the command of ``during``
    (node, command) has ended, as in two terminals; it is then interrupted.
    """

    node: str
    command: str
    shows: str | None
    lacks: str | None
    during: tuple[str, str] | None


@dataclass(frozen=True)
class Step:
    """One step of the solution: look, then run the commands in the nodes, then expect."""

    title: str
    because: str
    look: tuple[Look, ...]
    run: tuple[tuple[str, str], ...]
    """(node, command) in the order written."""
    removes: tuple[str, ...]
    expect: Expectations


@dataclass(frozen=True)
class Alternative:
    """Another right repair. ``leaves``: snapshot sections that may differ; ``cures``: the probes that it must heal."""

    title: str
    run: tuple[tuple[str, str], ...]
    leaves: tuple[str, ...]
    cures: tuple[str, ...] | None


@dataclass(frozen=True)
class Hint:
    """A hint; with ``fault`` it is given only while that fault is still there."""

    text: str
    fault: str | None


@dataclass(frozen=True)
class Lab:
    """A definition with its parameters drawn from ``seed``."""

    id: str
    """The name of the folder."""
    folder: Path
    title: str
    story: str
    seed: int
    parameters: Mapping[str, float | int | str]
    nodes: Mapping[str, LabNode]
    faults: Mapping[str, FaultUse]
    probes: Mapping[str, ProbeUse]
    healthy: Expectations
    always: Expectations
    broken: Expectations
    solution: tuple[Step, ...]
    alternatives: tuple[Alternative, ...]
    hints: tuple[Hint, ...]
    digest: str
    """SHA-256 over the files of the folder."""
    difficulty: str = ""
    """A word, for example "medium"."""
    minutes: int | None = None
    """How long a student needs."""

    @property
    def hosts(self) -> dict[str, str]:
        """Node name to the address of its eth0."""
        return {name: str(node.address) for name, node in self.nodes.items()}

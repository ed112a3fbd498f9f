"""Labs made by hand, so that these tests need no loader."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Interface
from pathlib import Path

from droplab.harness.definition.lab import Lab, LabNode, NodeFile, Service

PAGE = b"<p>Thank you for using nginx.</p>\n"
NGINX = Service("nginx", "nginx", "tcp:80")


def node(
    name: str,
    address: str,
    *,
    files: tuple[NodeFile, ...] = (),
    services: tuple[Service, ...] = (),
    setup: tuple[str, ...] = (),
    resolv_conf: tuple[str, ...] = (),
) -> LabNode:
    """A node with one interface."""
    interfaces = (("lan", IPv4Interface(address)),)
    return LabNode(name, interfaces, {}, False, setup, files, resolv_conf, services)


def lab_of(*nodes: LabNode) -> Lab:
    """A lab without faults, probes or a story."""
    named: Mapping[str, LabNode] = {one.name: one for one in nodes}
    return Lab(
        id="by-hand",
        folder=Path("/nonexistent"),
        title="By hand",
        story="",
        seed=1,
        parameters={},
        nodes=named,
        faults={},
        probes={},
        healthy={},
        always={},
        broken={},
        solution=(),
        alternatives=(),
        hints=(),
        digest="0" * 64,
    )


def two_nodes() -> Lab:
    """nginx with a page of its own, and a client."""
    page = NodeFile("/var/www/html/index.html", PAGE)
    return lab_of(
        node("nginx", "198.18.48.2/24", files=(page,), services=(NGINX,), setup=("ip neigh flush all",)),
        node("client", "198.18.48.3/24", resolv_conf=("nameserver 198.18.48.2", "options timeout:1")),
    )

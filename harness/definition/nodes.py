"""The nodes of a definition."""

from __future__ import annotations

from collections.abc import Mapping

from droplab.harness.definition.addresses import Interfaces, fit_together, interfaces, routes
from droplab.harness.definition.lab import LabNode
from droplab.harness.definition.node_files import Files, resolver, services
from droplab.harness.definition.reading import Reading
from droplab.harness.definition.shapes import NodeShape


def build_nodes(shapes: Mapping[str, NodeShape], reading: Reading) -> dict[str, LabNode]:
    """Every node that has an address; mistakes go to the problems."""
    wired = {name: (shape, interfaces(shape, ("nodes", name), reading.problems)) for name, shape in shapes.items()}
    fit_together(wired, reading.problems)
    files = Files(reading)
    nodes = {name: _node(name, shape, own, files, reading) for name, (shape, own) in wired.items()}
    return {name: node for name, node in nodes.items() if node.interfaces}


def _node(name: str, shape: NodeShape, own: Interfaces, files: Files, reading: Reading) -> LabNode:
    trail = ("nodes", name)
    programs, brought = services(shape, trail, reading)
    return LabNode(
        name=name,
        interfaces=own,
        routes=routes(shape, own, trail, reading.problems),
        forward=shape.forward,
        setup=tuple(shape.setup),
        files=files.of_node(shape, brought, trail),
        resolv_conf=resolver(shape, trail, reading),
        services=programs,
    )

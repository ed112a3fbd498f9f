"""The nodes of a definition: addresses that fit together, files, services."""

from __future__ import annotations

from collections import defaultdict
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

from droplab.harness.definition import builtin
from droplab.harness.definition.lab import LabNode, NodeFile, Service
from droplab.harness.definition.problems import Problems
from droplab.harness.definition.shape import FileShape, NodeShape
from droplab.harness.definition.yaml_positions import Where

ALLOWED = IPv4Network("198.18.0.0/15")  # RFC 2544: set aside for tests, routed nowhere
RESERVED = ("switch", "host")
LAN = "lan"


def build_nodes(shapes: dict[str, NodeShape], folder: Path, problems: Problems) -> dict[str, LabNode]:
    """Every node that could be built; mistakes go to ``problems``."""
    nodes = {}
    for name, shape in shapes.items():
        where: Where = ("nodes", name)
        if name in RESERVED:
            problems.add(where, f"{name} is a reserved name")
        interfaces = _interfaces(shape, where, problems)
        if interfaces:
            nodes[name] = _node(name, shape, interfaces, folder, problems)
    _fit_together(nodes, problems)
    return nodes


def _interfaces(shape: NodeShape, where: Where, problems: Problems) -> tuple[tuple[str, IPv4Interface], ...]:
    if (shape.address is None) == (shape.networks is None):
        problems.add(where, "either address or networks is needed, and not both")
        return ()
    written = {LAN: shape.address or ""} if shape.networks is None else shape.networks
    found = []
    for network, text in written.items():
        spot: Where = (*where, "address") if shape.networks is None else (*where, "networks", network)
        try:
            address = IPv4Interface(text)
        except ValueError:
            problems.add(spot, f"not an IPv4 address with its prefix, such as 198.18.48.2/24 (got {text!r})")
            continue
        if not address.network.subnet_of(ALLOWED):
            problems.add(spot, f"labs live in {ALLOWED} only (got {text})")
        elif "/" not in text or address.ip in (address.network.network_address, address.network.broadcast_address):
            problems.add(spot, f"a host's address with its prefix is needed, such as 198.18.48.2/24 (got {text})")
        else:
            found.append((network, address))
    return tuple(found)


def _node(
    name: str, shape: NodeShape, interfaces: tuple[tuple[str, IPv4Interface], ...], folder: Path, problems: Problems
) -> LabNode:
    where: Where = ("nodes", name)
    services, files = _services(shape, where, problems)
    for path, source in shape.files.items():
        files[path] = _file(path, source, folder, (*where, "files", path), problems)
    return LabNode(
        name=name,
        interfaces=interfaces,
        routes=_routes(shape, interfaces, where, problems),
        forward=shape.forward,
        setup=tuple(shape.setup),
        files=tuple(files.values()),
        resolv_conf=tuple(shape.resolv_conf),
        services=services,
    )


def _services(shape: NodeShape, where: Where, problems: Problems) -> tuple[tuple[Service, ...], dict[str, NodeFile]]:
    services: list[Service] = []
    files: dict[str, NodeFile] = {}
    if isinstance(shape.services, dict):
        return tuple(Service(key, s.run, s.ready) for key, s in shape.services.items()), files
    for number, name in enumerate(shape.services):
        found = builtin.service(name)
        if found is None:
            spot: Where = (*where, "services", number)
            problems.add(spot, f"no built-in service is called {name!r}; built in: nginx; others need {{{name}: {{run: ..., ready: ...}}}}")
            continue
        services.append(found[0])
        files |= {file.path: file for file in found[1]}
    return tuple(services), files


def _file(path: str, source: str | FileShape, folder: Path, where: Where, problems: Problems) -> NodeFile:
    if not path.startswith("/") or ".." in path.split("/"):
        problems.add(where, "a path in the node begins with / and has no ..")
    if isinstance(source, FileShape):
        if (source.content is None) == (source.size is None):
            problems.add(where, "either content or size is needed, and not both")
        content = source.content.encode() if source.content is not None else bytes(source.size or 0)
        return NodeFile(path, content, int(source.mode, 8))
    return NodeFile(path, read_beside(folder, source, where, problems))


def read_beside(folder: Path, name: str, where: Where, problems: Problems) -> bytes:
    """A file of the lab's folder; empty, with a problem, when it is not there or lies elsewhere."""
    try:
        found = (folder / name).resolve()
        if folder.resolve() not in found.parents:
            problems.add(where, f"only files of the lab's own folder can be used (got {name!r})")
            return b""
        return found.read_bytes()
    except (OSError, ValueError) as error:
        problems.add(where, f"no such file in the lab's folder (got {name!r}: {getattr(error, 'strerror', error)})")
        return b""


def _routes(
    shape: NodeShape, interfaces: tuple[tuple[str, IPv4Interface], ...], where: Where, problems: Problems
) -> dict[str, IPv4Address]:
    routes = {}
    for destination, text in shape.routes.items():
        spot: Where = (*where, "routes", destination)
        try:
            if destination != "default":
                IPv4Network(destination)
            gateway = IPv4Address(text)
        except ValueError as error:
            problems.add(spot, f"a route is default or a prefix, to a gateway's address ({error})")
            continue
        if not any(gateway in address.network for _, address in interfaces):
            problems.add(spot, f"the gateway {gateway} is in no network of the node")
        routes[destination] = gateway
    return routes


def _fit_together(nodes: dict[str, LabNode], problems: Problems) -> None:
    owners: dict[IPv4Address, str] = {}
    subnets: dict[str, set[IPv4Network]] = defaultdict(set)
    for node in nodes.values():
        for network, address in node.interfaces:
            if address.ip in owners:
                problems.add(("nodes", node.name), f"{address.ip} is {owners[address.ip]}'s address already")
            owners[address.ip] = node.name
            subnets[network].add(address.network)
            if len(subnets[network]) == 2:
                shown = ", ".join(sorted(map(str, subnets[network])))
                problems.add(("nodes", node.name), f"the nodes of network {network} are in different subnets ({shown})")

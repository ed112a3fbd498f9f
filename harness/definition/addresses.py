"""The addresses and routes of a definition's nodes, and whether they fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from droplab.harness.definition.problems import Problems
from droplab.harness.definition.shapes import NodeShape
from droplab.harness.definition.yaml_positions import Trail

LABS = IPv4Network("198.18.0.0/15")  # RFC 2544: set aside for tests, routed nowhere
LAN = "lan"
ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}")
SMALLEST = 30  # a longer prefix has no two hosts and a broadcast address

Interfaces = tuple[tuple[str, IPv4Interface], ...]
"""Network name and address of eth0, eth1, ..."""


def interfaces(shape: NodeShape, trail: Trail, problems: Problems) -> Interfaces:
    """The interfaces of a node in the order written; wrong ones go to ``problems`` and are left out."""
    found: list[tuple[str, IPv4Interface]] = []
    for network, text, place in _written(shape, trail):
        address = _address(text, place, problems)
        if address is None:
            continue
        for other, earlier in found:
            if earlier.network.overlaps(address.network):
                problems.add(place, f"{address.network} overlaps the subnet of this node's network {other}", text)
        found.append((network, address))
    return tuple(found)


def _written(shape: NodeShape, trail: Trail) -> Iterator[tuple[str, str, Trail]]:
    if shape.address is not None:
        yield LAN, shape.address, (*trail, "address")
    for network, text in (shape.networks or {}).items():
        yield network, text, (*trail, "networks", network)


def _address(text: str, place: Trail, problems: Problems) -> IPv4Interface | None:
    try:
        address = IPv4Interface(text) if ADDRESS.fullmatch(text) else None
    except ValueError:
        address = None
    if address is None:
        problems.add(place, "expected an IPv4 address with its prefix length, for example 198.18.48.2/24", text)
    elif not address.network.subnet_of(LABS):
        problems.add(place, f"the addresses of a lab are in {LABS}", text)
    elif address.network.prefixlen > SMALLEST:
        problems.add(place, f"this subnet is too small for two hosts: /{SMALLEST} is the smallest", text)
    elif address.ip in (address.network.network_address, address.network.broadcast_address):
        problems.add(place, f"not the address of a host: the first and the last of {address.network} are not", text)
    else:
        return address
    return None


def routes(shape: NodeShape, own: Interfaces, trail: Trail, problems: Problems) -> Mapping[str, IPv4Address]:
    """Destination to gateway."""
    found = {}
    for destination, text in shape.routes.items():
        place = (*trail, "routes", destination)
        if wrong := _destination(destination, own):
            problems.add(place, wrong, of_key=True)
            continue
        try:
            gateway = IPv4Address(text)
        except ValueError:
            problems.add(place, "expected the IPv4 address of a gateway", text)
            continue
        if own and not any(gateway in address.network for _, address in own):
            problems.add(place, "the gateway is in none of this node's networks", text)
        elif any(gateway == address.ip for _, address in own):
            problems.add(place, "the gateway is this node itself", text)
        else:
            found[destination] = gateway
    return found


def _destination(text: str, own: Interfaces) -> str:
    """What is wrong with the destination of a route; empty when nothing is."""
    if text == "default":
        return ""
    try:
        network = IPv4Network(text)
    except ValueError as error:
        return f'the destination of a route is "default" or a prefix such as 198.18.49.0/24: {error}'
    if network.prefixlen == 0:
        return 'write "default"'
    if any(network == address.network for _, address in own):
        return "this node is in that network itself: it needs no gateway"
    return ""


def fit_together(nodes: Mapping[str, tuple[NodeShape, Interfaces]], problems: Problems) -> None:
    """Every address once in the lab, and one subnet for each network."""
    owners: dict[IPv4Address, str] = {}
    subnets: dict[str, tuple[IPv4Network, str]] = {}
    for name, (shape, own) in nodes.items():
        places = {network: place for network, _, place in _written(shape, ("nodes", name))}
        for network, address in own:
            owner = owners.setdefault(address.ip, name)
            subnet, first = subnets.setdefault(network, (address.network, name))
            if owner != name:
                problems.add(places[network], f"{owner} has this address already", str(address))
            elif subnet != address.network:
                problems.add(places[network], f"network {network} is {subnet} at {first}", str(address))

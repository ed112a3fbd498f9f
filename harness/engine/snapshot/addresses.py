"""Addresses: interface to address to what `ip addr` says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Any

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.model import Section
from droplab.harness.engine.snapshot.normalise import ADDRESS_FLAGS

SCOPES = {0: "global", 200: "site", 253: "link", 254: "host"}
IFA_F_PERMANENT = 0x80


def addresses(node: Node, names: Mapping[int, str]) -> Section:
    """Every address of every interface."""
    found: dict[str, dict[str, str]] = {}
    for message in node.netlink.get_addr():
        name = names.get(message["index"], f"interface {message['index']}")
        # On a point-to-point link IFA_ADDRESS is the other end.
        own = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
        address = ip_interface(f"{own}/{message['prefixlen']}")
        found.setdefault(name, {})[str(address)] = " ".join(_described(message, address, name))
    return dict(found)


def _described(message: Any, own: IPv4Interface | IPv6Interface, name: str) -> Iterator[str]:
    yield f"scope {SCOPES.get(message['scope'], message['scope'])}"
    if (peer := message.get_attr("IFA_ADDRESS")) != str(own.ip):
        yield f"peer {peer}"
    if (broadcast := message.get_attr("IFA_BROADCAST")) not in {None, str(own.network.broadcast_address)}:
        yield f"broadcast {broadcast}"
    if (label := message.get_attr("IFA_LABEL")) not in {None, name}:
        yield f"label {label}"
    if metric := message.get_attr("IFA_RT_PRIORITY"):
        yield f"metric {metric}"
    flags = message.get_attr("IFA_FLAGS") or message["flags"]
    yield from (flag for flag, bit in ADDRESS_FLAGS.items() if flags & bit)
    if not flags & IFA_F_PERMANENT:
        yield "dynamic"

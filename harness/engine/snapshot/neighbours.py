"""Neighbours that somebody wrote down: permanent and proxy ones of `ip neigh`, static ones of `bridge fdb`."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.model import Section
from droplab.harness.engine.snapshot.normalise import NUD_NOARP, NUD_PERMANENT
from droplab.harness.runtime.netlink import attributes, dump, open_netlink

RTM_GETNEIGH = 30
NDA_DST = 1
NTF_PROXY = 0x08
NTF_STICKY = 0x40
NEIGHBOUR = struct.Struct("=B3xiHBB")  # struct ndmsg: family, interface, state, flags, type
MULTICAST = 0x01


def neighbours(node: Node, names: Mapping[int, str]) -> Section:
    """Interface to "neighbour IP" or "forwarding entry MAC" to its hardware address or state."""
    found: dict[str, dict[str, str]] = {}
    for message in node.netlink.get_neighbours():
        if message["state"] & NUD_PERMANENT and (address := message.get_attr("NDA_DST")):
            mac = message.get_attr("NDA_LLADDR") or "no address"
            _on(found, message["ifindex"], names)[f"neighbour {address}"] = mac
    for index, address in _proxies(node):
        _on(found, index, names)[f"proxy neighbour {address}"] = "answered for"
    for message in node.netlink.get_neighbours(family=socket.AF_BRIDGE):
        mac = message.get_attr("NDA_LLADDR")
        if mac and message["state"] & (NUD_PERMANENT | NUD_NOARP) and not _is_membership(message, mac):
            _on(found, message["ifindex"], names)[f"forwarding entry {mac}{_vlan(message)}"] = _kind(message)
    return dict(found)


def _proxies(node: Node) -> Iterator[tuple[int, str]]:
    """(index, address) of the neighbours that the node answers ARP for; pyroute2 cannot ask for them."""
    with open_netlink(node, socket.NETLINK_ROUTE) as asking:
        listed = dump(asking, RTM_GETNEIGH, NEIGHBOUR.pack(0, 0, 0, NTF_PROXY, 0))
    for body in listed:
        _, interface, _, flags, _ = NEIGHBOUR.unpack_from(body)
        address = attributes(body[NEIGHBOUR.size :]).get(NDA_DST)
        if flags & NTF_PROXY and address:
            yield interface, str(ip_address(address))


def _on(found: dict[str, dict[str, str]], index: int, names: Mapping[int, str]) -> dict[str, str]:
    return found.setdefault(names.get(index, f"interface {index}"), {})


def _is_membership(message: Any, mac: str) -> bool:
    """Whether it is a multicast group that the interface listens to, not an entry of a bridge."""
    return message.get_attr("NDA_MASTER") is None and bool(int(mac[:2], 16) & MULTICAST)


def _vlan(message: Any) -> str:
    vlan = message.get_attr("NDA_VLAN")
    return f" vlan {vlan}" if vlan else ""


def _kind(message: Any) -> str:
    words = ["permanent" if message["state"] & NUD_PERMANENT else "static"]
    if message["flags"] & NTF_STICKY:
        words.append("sticky")
    if remote := message.get_attr("NDA_DST"):
        words.append(f"to {remote}")
    return " ".join(words)

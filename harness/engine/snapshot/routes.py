"""Routes of all tables, IPv4 and IPv6, in the words of `ip route`."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from typing import Any

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.model import Section
from droplab.harness.engine.snapshot.normalise import BY_HAND, ROUTE_SKIPPED, RTM_F_CLONED, short

FAMILIES = frozenset({socket.AF_INET, socket.AF_INET6})
TABLES = {253: "default", 254: "main", 255: "local"}
TYPES = {
    2: "local ", 3: "broadcast ", 4: "anycast ", 5: "multicast ",
    6: "blackhole ", 7: "unreachable ", 8: "prohibit ", 9: "throw ",
}  # fmt: skip
PROTOCOLS = {1: "redirect", 2: "kernel", 9: "ra", 16: "dhcp"}
SCOPES = {200: "site", 253: "link", 254: "host", 255: "nowhere"}
NEXT_HOP_FLAGS = {1: "dead", 2: "pervasive", 4: "onlink", 16: "linkdown"}
SPOKEN = frozenset({
    "RTA_DST", "RTA_SRC", "RTA_GATEWAY", "RTA_VIA", "RTA_OIF", "RTA_PREFSRC", "RTA_PRIORITY", "RTA_METRICS",
    "RTA_MULTIPATH", "RTA_PREF",
})  # fmt: skip


def routes(node: Node, names: Mapping[int, str]) -> Section:
    """Table to its routes. A value is always empty: all that a route is stands in its name."""
    found: dict[str, dict[str, str]] = {}
    for message in node.netlink.get_routes(family=socket.AF_UNSPEC):
        if message["family"] in FAMILIES and not message["flags"] & RTM_F_CLONED:
            number = message.get_attr("RTA_TABLE") or message["table"]
            table = found.setdefault(f"table {TABLES.get(number, number)}", {})
            table[" ".join(_described(message, names))] = ""
    return dict(found)


def _described(message: Any, names: Mapping[int, str]) -> Iterator[str]:
    yield f"{TYPES.get(message['type'], '')}{_prefix(message, 'RTA_DST', 'dst_len') or 'default'}"
    if source := _prefix(message, "RTA_SRC", "src_len"):
        yield f"from {source}"
    if message["tos"]:
        yield f"tos {message['tos']:#x}"
    yield from _hop(message, message["flags"], message.get_attr("RTA_OIF"), names)
    for hop in message.get_attr("RTA_MULTIPATH") or ():
        yield "nexthop"
        yield from _hop(hop, hop["flags"], hop["oif"], names)
        yield f"weight {hop['hops'] + 1}"
    if message["proto"] not in BY_HAND:
        yield f"proto {PROTOCOLS.get(message['proto'], message['proto'])}"
    if message["scope"]:
        yield f"scope {SCOPES.get(message['scope'], message['scope'])}"
    yield from _preferences(message)


def _prefix(message: Any, attribute: str, length: str) -> str | None:
    address = message.get_attr(attribute)
    return f"{address}/{message[length]}" if address or message[length] else None


def _hop(hop: Any, flags: int, interface: int | None, names: Mapping[int, str]) -> Iterator[str]:
    if gateway := hop.get_attr("RTA_GATEWAY"):
        yield f"via {gateway}"
    if other := hop.get_attr("RTA_VIA"):
        yield f"via {other}"
    if interface:
        yield f"dev {names.get(interface, f'interface {interface}')}"
    yield from (word for bit, word in NEXT_HOP_FLAGS.items() if flags & bit)


def _preferences(message: Any) -> Iterator[str]:
    if source := message.get_attr("RTA_PREFSRC"):
        yield f"src {source}"
    if metric := message.get_attr("RTA_PRIORITY"):
        yield f"metric {metric}"
    if metrics := message.get_attr("RTA_METRICS"):
        yield from _metrics(dict(metrics["attrs"]))
    if preference := message.get_attr("RTA_PREF"):
        yield f"pref {preference}"
    for name, value in message["attrs"]:
        if name not in SPOKEN and name not in ROUTE_SKIPPED and name != "UNKNOWN":
            yield f"{name.removeprefix('RTA_').lower()} {short(str(value))}"


def _metrics(metrics: dict[str, Any]) -> Iterator[str]:
    """``mtu lock 800``: the bits of RTAX_LOCK are the numbers of the metrics."""
    locked = int(metrics.pop("RTAX_LOCK", 0))
    mtu = metrics.pop("RTAX_MTU", None)
    if mtu is not None:
        yield f"mtu lock {mtu}" if locked & 1 << 2 else f"mtu {mtu}"
    yield from (f"{name.removeprefix('RTAX_').lower()} {value}" for name, value in sorted(metrics.items()))
    if locked & ~(1 << 2):
        yield f"locks {locked:#x}"

"""Policy rules, IPv4 and IPv6, in the words of `ip rule`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.model import Section
from droplab.harness.engine.snapshot.normalise import RULE_SKIPPED, short
from droplab.harness.engine.snapshot.routes import TABLES

FAMILIES = {int(socket.AF_INET): "ipv4", int(socket.AF_INET6): "ipv6"}
ACTIONS = {2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
FR_ACT_TO_TBL = 1
FIB_RULE_INVERT = 2
UNSET = 0xFFFFFFFF
SPOKEN = frozenset({"FRA_TABLE", "FRA_PRIORITY", "FRA_SRC", "FRA_DST", "UNKNOWN"})


def rules(node: Node) -> Section:
    """Family to its rules in the order in which the kernel asks them."""
    found: dict[str, list[str]] = {}
    for message in node.netlink.get_rules(family=socket.AF_UNSPEC):
        if family := FAMILIES.get(message["family"]):
            found.setdefault(family, []).append(" ".join(_described(message)))
    return dict(found)


def _described(message: Any) -> Iterator[str]:
    yield f"{message.get_attr('FRA_PRIORITY') or 0}:"
    if message["flags"] & FIB_RULE_INVERT:
        yield "not"
    source, destination = message.get_attr("FRA_SRC"), message.get_attr("FRA_DST")
    yield f"from {source}/{message['src_len']}" if source else "from all"
    if destination:
        yield f"to {destination}/{message['dst_len']}"
    if message["tos"]:
        yield f"tos {message['tos']:#x}"
    for name, value in message["attrs"]:
        if name not in SPOKEN and name not in RULE_SKIPPED and value != UNSET:
            yield f"{name.removeprefix('FRA_').lower()} {short(str(value))}"
    table = message.get_attr("FRA_TABLE") or message["table"]
    action = message["action"]
    yield f"lookup {TABLES.get(table, table)}" if action == FR_ACT_TO_TBL else ACTIONS.get(action, f"action {action}")

"""What the kernel counted meanwhile, node by node: kept with a test that failed."""

from __future__ import annotations

from collections.abc import Mapping

from droplab.harness.contracts.node import Node

Counters = dict[str, int]
FILES = ("/proc/net/snmp", "/proc/net/netstat")
GAUGES = ("IpForwarding", "IpDefaultTTL", "TcpRtoAlgorithm", "TcpRtoMin", "TcpRtoMax", "TcpMaxConn", "TcpCurrEstab")
LINK = ((2, "rx_errors"), (3, "rx_dropped"), (10, "tx_errors"), (11, "tx_dropped"), (0, "rx_bytes"), (8, "tx_bytes"))
"""Columns of /proc/net/dev behind the colon (see linux/net/core/net-procfs.c)."""


def counters(node: Node) -> Counters:
    """Every counter of /proc/net/snmp, /proc/net/netstat and /proc/net/dev, named as nstat does."""
    found: Counters = {}
    for file in FILES:
        lines = node.read(file).splitlines()
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            group = names.partition(":")[0]
            pairs = zip(names.split()[1:], values.split()[1:], strict=True)
            found.update({f"{group}{name}": int(value) for name, value in pairs})
    for line in node.read("/proc/net/dev").splitlines()[2:]:
        interface, _, columns = line.partition(":")
        words = columns.split()
        found.update({f"{interface.strip()} {name}": int(words[at]) for at, name in LINK})
    return {name: value for name, value in found.items() if name not in GAUGES}


def all_counters(nodes: Mapping[str, Node]) -> dict[str, Counters]:
    """The counters of every node."""
    return {name: counters(node) for name, node in nodes.items()}


def moved(before: Mapping[str, Counters], after: Mapping[str, Counters]) -> list[str]:
    """``node: counter +n`` for each counter that moved."""
    return [
        f"{node}: {name} {value - before[node].get(name, 0):+d}"
        for node, now in after.items()
        for name, value in now.items()
        if node in before and value != before[node].get(name, 0)
    ]

"""Flushing hidden state that decides results, before every measured phase: 0.5 ms a node by netlink."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.neighbours import NDA_DST, NEIGHBOUR, RTM_GETNEIGH
from droplab.harness.runtime.netlink import attribute, attributes, dump, open_netlink, request

ROUTE_FLUSH = Path("/proc/sys/net/ipv4/route/flush")
NETLINK_GENERIC, GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 0x10, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2
TCP_METRICS_CMD_DEL = 2
GENERIC = struct.Struct("=BBxx")  # struct genlmsghdr: command, version
RTM_DELNEIGH = 29
NUD_FAILED = 0x20


def settle(nodes: Iterable[Node]) -> None:
    """Forget what earlier traffic taught the nodes' kernels."""
    for node in nodes:
        with suppress(OSError):  # a kernel that does not have the one or lets nobody flush the other
            node.inside(_forget_path_mtus)
        with suppress(OSError):
            _forget_peers(node)
        _forget_failed_neighbours(node)


def _forget_path_mtus() -> None:
    """PMTU exceptions live for 600 s (``ip route flush cache``)."""
    ROUTE_FLUSH.write_text("-1")


def _forget_peers(node: Node) -> None:
    """A peer that is known bypasses the SYN backlog rule (``ip tcp_metrics flush all``)."""
    with open_netlink(node, NETLINK_GENERIC) as asking:
        request(asking, _family(asking, "tcp_metrics"), GENERIC.pack(TCP_METRICS_CMD_DEL, 1))


def _forget_failed_neighbours(node: Node) -> None:
    """Else the first probe after a repair is EHOSTUNREACH (``ip neigh flush nud failed``)."""
    with open_netlink(node, socket.NETLINK_ROUTE) as asking:
        for body in dump(asking, RTM_GETNEIGH, NEIGHBOUR.pack(0, 0, 0, 0, 0)):
            family, interface, state, *_ = NEIGHBOUR.unpack_from(body)
            if state & NUD_FAILED:
                address = attribute(NDA_DST, attributes(body[NEIGHBOUR.size :])[NDA_DST])
                with suppress(FileNotFoundError):  # it went by itself meanwhile
                    request(asking, RTM_DELNEIGH, NEIGHBOUR.pack(family, interface, 0, 0, 0) + address)


def _family(asking: socket.socket, name: str) -> int:
    """The number that this boot's kernel gave a generic netlink family."""
    wanted = attribute(CTRL_ATTR_FAMILY_NAME, name.encode() + b"\0")
    (found,) = request(asking, GENL_ID_CTRL, GENERIC.pack(CTRL_CMD_GETFAMILY, 1) + wanted)
    return int(struct.unpack("=H", attributes(found[GENERIC.size :])[CTRL_ATTR_FAMILY_ID])[0])

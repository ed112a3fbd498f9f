"""Sockets that wait for strangers: TCP listeners and unconnected UDP, asked of the kernel by sock_diag (0.2 ms)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.model import Section
from droplab.harness.engine.snapshot.netlink_dump import dump
from droplab.harness.errors import MachineLacks

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
TCP_CLOSE, TCP_LISTEN = 7, 10
REQUEST = struct.Struct("=BBxxI48x")  # struct inet_diag_req_v2 with an empty id
ANSWER = struct.Struct("=BBBB2s2s16s16sI8xIIIII")  # struct inet_diag_msg
KINDS = (("tcp", socket.IPPROTO_TCP, TCP_LISTEN), ("udp", socket.IPPROTO_UDP, TCP_CLOSE))
FAMILIES = (socket.AF_INET, socket.AF_INET6)


def sockets(node: Node, names: Mapping[int, str]) -> Section:
    """ "tcp 0.0.0.0:80" to "backlog 511, 1 socket". Raises MachineLacks on a kernel that cannot tell."""
    found: dict[str, list[str]] = {}
    for word, protocol, state in KINDS:
        for family in FAMILIES:
            for body in _listed(node, REQUEST.pack(family, protocol, 1 << state)):
                address, interface, backlog = _read(body, family)
                device = f"%{names.get(interface, interface)}" if interface else ""
                found.setdefault(f"{word} {address}{device}", []).append(backlog if word == "tcp" else "")
    return {"": {name: _counted(values) for name, values in sorted(found.items())}}


def _listed(node: Node, request: bytes) -> Iterator[bytes]:
    try:
        yield from dump(node, NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, request)
    except FileNotFoundError as error:
        raise MachineLacks(
            "the kernel cannot list sockets (tcp_diag, udp_diag); modprobe -a tcp_diag udp_diag"
        ) from error


def _read(body: bytes, family: socket.AddressFamily) -> tuple[str, int, str]:
    """(address:port, index of the interface it is bound to or 0, backlog)."""
    fields = ANSWER.unpack_from(body)
    port, source, interface = fields[4], fields[6], fields[8]
    address = socket.inet_ntop(family, source[: 4 if family == socket.AF_INET else 16])
    text = address if family == socket.AF_INET else f"[{address}]"
    return f"{text}:{int.from_bytes(port, 'big')}", interface, f"backlog {fields[11]}"


def _counted(backlogs: list[str]) -> str:
    count = "1 socket" if len(backlogs) == 1 else f"{len(backlogs)} sockets"
    return ", ".join([*sorted(set(filter(None, backlogs))), count])

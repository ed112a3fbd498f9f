"""Sockets that wait for strangers: TCP listeners and unconnected UDP, asked of the kernel by sock_diag (0.2 ms).

/proc/net/tcp would be the whole table of connections, whose empty buckets alone cost 4 ms on a machine with 24 GiB.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from droplab.harness.errors import MachineLacks
from droplab.harness.runtime.netlink import dump

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
TCP_CLOSE, TCP_LISTEN = 7, 10
REQUEST = struct.Struct("=BBxxI48x")  # struct inet_diag_req_v2 with an empty id
ANSWER = struct.Struct("=BBBB2s2s16s16sI8xIIIII")  # struct inet_diag_msg
KINDS = {"tcp": (socket.IPPROTO_TCP, TCP_LISTEN), "udp": (socket.IPPROTO_UDP, TCP_CLOSE)}
FAMILIES = (socket.AF_INET, socket.AF_INET6)


@dataclass(frozen=True)
class WaitingSocket:
    """``interface`` is the index of the one that it is bound to, 0 for any; IPv6 addresses are in brackets."""

    address: str
    port: int
    interface: int
    backlog: int


def waiting_sockets(asking: socket.socket, protocol: str) -> Iterator[WaitingSocket]:
    """Those of "tcp" or "udp", of both families, where ``asking`` is, a socket of NETLINK_SOCK_DIAG.

    Raises MachineLacks on a kernel that cannot tell.
    """
    number, state = KINDS[protocol]
    for family in FAMILIES:
        for body in listed(asking, REQUEST.pack(family, number, 1 << state)):
            yield _read(body, family)


def listed(asking: socket.socket, request: bytes) -> list[bytes]:
    """The answers to a struct inet_diag_req_v2. Raises MachineLacks on a kernel that cannot tell."""
    try:
        return dump(asking, SOCK_DIAG_BY_FAMILY, request)
    except FileNotFoundError as error:
        raise MachineLacks(
            "the kernel cannot list sockets (tcp_diag, udp_diag); modprobe -a tcp_diag udp_diag"
        ) from error


def _read(body: bytes, family: socket.AddressFamily) -> WaitingSocket:
    fields = ANSWER.unpack_from(body)
    port, source, interface, backlog = fields[4], fields[6], fields[8], fields[11]
    address = socket.inet_ntop(family, source[: 4 if family == socket.AF_INET else 16])
    text = address if family == socket.AF_INET else f"[{address}]"
    return WaitingSocket(text, int.from_bytes(port, "big"), interface, backlog)

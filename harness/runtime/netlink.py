"""What the kernel answers on netlink, read as raw messages, where pyroute2 would have to open a slow socket first."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

from droplab.harness.contracts.node import Node

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
HEADER = struct.Struct("=IHHII")
RECEIVED_AT_ONCE = 1 << 16
ANSWERS_WITHIN_S = 5.0


def open_netlink(node: Node, family: int) -> socket.socket:
    """A raw socket of a netlink family inside the node."""
    asking = node.socket(socket.AF_NETLINK, socket.SOCK_RAW, family)
    asking.settimeout(ANSWERS_WITHIN_S)
    return asking


def request(asking: socket.socket, kind: int, body: bytes, flags: int = NLM_F_ACK) -> list[bytes]:
    """Ask for one thing to be done; what the kernel says before it acknowledges. Raises OSError with its error."""
    asking.send(HEADER.pack(HEADER.size + len(body), kind, NLM_F_REQUEST | flags, 1, 0) + body)
    bodies = []
    for kind_of_answer, answer in messages(asking):
        if kind_of_answer in {NLMSG_DONE, NLMSG_ERROR}:
            raise_for(answer)
            break
        bodies.append(answer)
    return bodies


def dump(asking: socket.socket, kind: int, question: bytes) -> list[bytes]:
    """The body of each message that answers a dump of ``kind``. Raises OSError with the kernel's error."""
    return request(asking, kind, question, NLM_F_DUMP)


def messages(asking: socket.socket) -> Iterator[tuple[int, bytes]]:
    """(type, body) of what the kernel answers, for as long as the caller takes more."""
    while True:
        answer = asking.recv(RECEIVED_AT_ONCE)
        while answer:
            length, kind, *_ = HEADER.unpack_from(answer)
            yield kind, answer[HEADER.size : length]
            answer = answer[_aligned(length) :]


def attribute(number: int, value: bytes) -> bytes:
    """One attribute, packed."""
    return struct.pack("=HH", 4 + len(value), number) + value.ljust(_aligned(len(value)), b"\0")


def attributes(body: bytes) -> dict[int, bytes]:
    """The attributes that a message consists of, by number."""
    found = {}
    while body:
        length, number = struct.unpack_from("=HH", body)
        found[number] = body[4:length]
        body = body[_aligned(length) :]
    return found


def _aligned(length: int) -> int:
    return length + 3 & ~3


def raise_for(body: bytes, what: str = "") -> None:
    """Raise OSError if the answer NLMSG_ERROR or NLMSG_DONE tells of a failure."""
    (error,) = struct.unpack_from("=i", body)
    if error:
        raise OSError(-error, what + os.strerror(-error))

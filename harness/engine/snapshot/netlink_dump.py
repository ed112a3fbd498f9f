"""A question to a netlink family that pyroute2 would have to open a slow socket for: a dump, read as raw messages."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

from droplab.harness.contracts.node import Node

NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
HEADER = struct.Struct("=IHHII")
RECEIVED_AT_ONCE = 1 << 16
ANSWERS_WITHIN_S = 5.0


def dump(node: Node, family: int, kind: int, request: bytes) -> Iterator[bytes]:
    """The body of each message that answers a dump of ``kind``. Raises OSError with the kernel's error."""
    with node.socket(socket.AF_NETLINK, socket.SOCK_RAW, family) as asking:
        asking.settimeout(ANSWERS_WITHIN_S)
        asking.send(HEADER.pack(HEADER.size + len(request), kind, NLM_F_REQUEST | NLM_F_DUMP, 1, 0) + request)
        while True:
            answer = asking.recv(RECEIVED_AT_ONCE)
            while answer:
                length, kind_of_answer, *_ = HEADER.unpack_from(answer)
                body, answer = answer[HEADER.size : length], answer[_aligned(length) :]
                if kind_of_answer in {NLMSG_DONE, NLMSG_ERROR}:
                    _raise_for(body)
                    return
                yield body


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


def _raise_for(body: bytes) -> None:
    (error,) = struct.unpack_from("=i", body)
    if error:
        raise OSError(-error, os.strerror(-error))

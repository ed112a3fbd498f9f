"""Raw sockets for probes: buffers that do not overflow, kernel timestamps, and classic BPF filters."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import time
from collections.abc import Sequence

SO_ATTACH_FILTER = 26  # asm-generic/socket.h; Python does not name these
SO_SNDBUFFORCE = 32
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
SO_MEMINFO = 55
MEMINFO_DROPS = 8  # index of SK_MEMINFO_DROPS in the array of SO_MEMINFO
BUFFER_BYTES = 16 << 20

LOAD_WORD, LOAD_HALF, LOAD_BYTE = 0x20, 0x28, 0x30  # at a fixed offset
LOAD_WORD_X, LOAD_HALF_X, LOAD_BYTE_X = 0x40, 0x48, 0x50  # behind the IP header
IP_HEADER_TO_X, EQUALS, AT_LEAST, RETURN = 0xB1, 0x15, 0x35, 0x06

_timespec = struct.Struct("qq")

Instruction = tuple[int, int, int, int]
"""code, jump if true, jump if false, operand (linux/filter.h)."""
Test = tuple[int, int, int, int]
"""load code, offset, comparison, value."""
REFUSE_ALL: list[Instruction] = [(RETURN, 0, 0, 0)]


def accept_if(tests: Sequence[Test]) -> list[Instruction]:
    """A filter program that accepts a packet (from its IP header on) when every test holds."""
    program: list[Instruction] = [(IP_HEADER_TO_X, 0, 0, 0)]
    for number, (load, offset, comparison, value) in enumerate(tests):
        to_the_end = 2 * (len(tests) - number) - 1
        program += [(load, 0, 0, offset), (comparison, 0, to_the_end, value)]
    return [*program, (RETURN, 0, 0, 0x40000), (RETURN, 0, 0, 0)]


def attach_filter(sock: socket.socket, program: Sequence[Instruction]) -> None:
    """Let the kernel drop what the program does not accept, before it reaches the receive queue."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *instruction) for instruction in program))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))


def for_sending(sock: socket.socket) -> socket.socket:
    """Never block: a queue that is stuck must not stop the probe; every queue behind us is shorter than the buffer."""
    sock.setblocking(False)
    _set_buffer(sock, SO_SNDBUFFORCE, socket.SO_SNDBUF)
    return sock


def for_receiving(sock: socket.socket, tests: Sequence[Test]) -> socket.socket:
    """Filter by ``tests``, stamp arrivals with the kernel's time, hold every reply until it is read."""
    attach_filter(sock, accept_if(tests))
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    _set_buffer(sock, SO_RCVBUFFORCE, socket.SO_RCVBUF)
    return sock


def _set_buffer(sock: socket.socket, forced: int, polite: int) -> None:
    sock.setsockopt(socket.SOL_SOCKET, polite, BUFFER_BYTES)
    with contextlib.suppress(PermissionError):  # past the machine's limit only with CAP_NET_ADMIN
        sock.setsockopt(socket.SOL_SOCKET, forced, BUFFER_BYTES)


def arrival_ns(ancillary: Sequence[tuple[int, int, bytes]]) -> int:
    """CLOCK_REALTIME at which the kernel took the packet in."""
    for _, kind, data in ancillary:
        if kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _timespec.unpack_from(data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return time.time_ns()


def overflowed(sock: socket.socket) -> int:
    """How many packets did not fit into the socket's receive queue."""
    return int(struct.unpack("9I", sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))[MEMINFO_DROPS])

"""The smallest XDP program (it passes everything), loaded by bpf(2) without a compiler."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from droplab.harness.contracts.node import Node

BPF_PROG_LOAD = 5
BPF_PROG_TYPE_XDP = 6
BPF_CALL = {"x86_64": 321, "aarch64": 280, "riscv64": 280}
PASS = struct.pack("<BBhi", 0xB7, 0, 0, 2) + struct.pack("<BBhi", 0x95, 0, 0, 0)  # r0 = XDP_PASS; exit


def _load() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    code, licence = ctypes.create_string_buffer(PASS), ctypes.create_string_buffer(b"GPL")
    fields = (BPF_PROG_TYPE_XDP, len(PASS) // 8, ctypes.addressof(code), ctypes.addressof(licence))
    attributes = ctypes.create_string_buffer(struct.pack("<IIQQ", *fields).ljust(120, b"\0"))
    program = int(libc.syscall(BPF_CALL[os.uname().machine], BPF_PROG_LOAD, attributes, 120))
    if program < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return program


@contextmanager
def attached(node: Node, interface: str) -> Iterator[None]:
    """The program on an interface, in the driver's mode where it has one, as long as the block runs."""
    route = node.netlink
    index = route.link_lookup(ifname=interface)[0]
    program = _load()
    try:
        route.link("set", index=index, xdp_fd=program)
        yield
        route.link("set", index=index, xdp_fd=-1)
    finally:
        os.close(program)

"""Keep a listener's SYN queue full of connections that nobody completes. Run in the node's network namespace."""

from __future__ import annotations

import argparse
import random
import socket
import struct
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from droplab.faults.tcp._background import detach, stay

BURST = 8
EVERY_S = 0.005
FULL_WITHIN_S = 10.0  # then it goes on all the same: that nothing is full shows in the proof
REFUSED = ("TCPReqQFullDrop", "ListenDrops")


def main() -> None:
    """Fill until the listener refuses SYNs, then go on in the background until told to end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", required=True, help="the node's own address")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sources", required=True, help="addresses that nobody has, with commas")
    parser.add_argument("--token")
    words = parser.parse_args()
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    packets = syns(words.sources.split(","), words.to, words.port)

    def burst() -> None:
        for _ in range(BURST):
            sender.sendto(next(packets), (words.to, 0))

    before, deadline = _refused(), time.monotonic() + FULL_WITHIN_S
    while _refused() - before < BURST and time.monotonic() < deadline:
        burst()
    detach()
    stay(burst, EVERY_S)


def syns(sources: list[str], target: str, port: int) -> Iterator[bytes]:
    """SYNs from ever other ports, each with a sequence number of its own."""
    dice = random.Random()
    for number in count(dice.randrange(1 << 16)):
        ends = socket.inet_aton(sources[number % len(sources)]) + socket.inet_aton(target)
        source_port = 1024 + number // len(sources) % 64_000
        tcp = struct.pack("!HHIIBBHHH", source_port, port, dice.getrandbits(32), 0, 5 << 4, 2, 64_240, 0, 0)
        check = _checksum(ends + struct.pack("!HH", socket.IPPROTO_TCP, len(tcp)) + tcp)
        head = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, socket.IPPROTO_TCP, 0)
        yield head + ends + tcp[:16] + struct.pack("!H", check) + tcp[18:]


def _checksum(data: bytes) -> int:
    """RFC 1071; the data has an even length here."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def _refused() -> int:
    names, values = (
        line.split()
        for line in Path("/proc/thread-self/net/netstat").read_text().splitlines()
        if line.startswith("TcpExt:")
    )
    return sum(int(values[names.index(name)]) for name in REFUSED if name in names)


if __name__ == "__main__":
    main()

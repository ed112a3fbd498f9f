"""Packets that are built once and then only patched: scapy makes them and reads them, the hot path does neither."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Literal

Options = Literal["hping", "linux"]

IP_HEADER = 20
SYN_ACK, RST = 0x12, 0x04
FLAG_LETTERS = "FSRPAUEC"


@dataclass(frozen=True)
class Ends:
    """The two ends of a probe."""

    source: str
    target: str
    port: int
    """The target's port."""


def syn_template(ends: Ends, options: Options, payload: int, mtu: int) -> bytes:
    """An IPv4 packet with a SYN whose source port and sequence number are 0, with a right checksum.

    "hping" is what ``hping3 -S`` sends: no options, window 512, DF not set. "linux" is what connect() sends: MSS,
    SACK permitted, timestamps, window scale 7, window 64240 and DF. The kernel fills in IP id and IP checksum.
    """
    from scapy.layers.inet import IP, TCP
    from scapy.packet import Raw

    if options == "hping":
        ip, tcp = IP(src=ends.source, dst=ends.target, id=0), TCP(sport=0, dport=ends.port, seq=0, window=512)
    else:
        wanted = [("MSS", mtu - 40), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]
        ip = IP(src=ends.source, dst=ends.target, id=0, flags="DF")
        tcp = TCP(sport=0, dport=ends.port, seq=0, window=64240, options=wanted)
    return bytes(ip / tcp / Raw(b"X" * payload))


def rst_template(ends: Ends) -> bytes:
    """An IPv4 packet with a RST whose source port and sequence number are 0, with a right checksum."""
    from scapy.layers.inet import IP, TCP

    ip = IP(src=ends.source, dst=ends.target, id=0)
    return bytes(ip / TCP(sport=0, dport=ends.port, seq=0, flags="R", window=0))


class TcpPatcher:
    """Writes source port, sequence number and checksum into a prepared IPv4 TCP packet without options in IP."""

    _head = struct.Struct("!HHI")
    _checksum = struct.Struct("!H")

    def __init__(self, template: bytes) -> None:
        self.packet = bytearray(template)
        self._port = struct.unpack_from("!H", template, IP_HEADER + 2)[0]
        (checksum,) = self._checksum.unpack_from(template, IP_HEADER + 16)
        self._sum = ~checksum & 0xFFFF  # of everything but what is patched (RFC 1624)

    def patch(self, source_port: int, sequence: int) -> bytearray:
        """The packet; it is overwritten by the next call."""
        self._head.pack_into(self.packet, IP_HEADER, source_port, self._port, sequence)
        total = self._sum + source_port + (sequence >> 16) + (sequence & 0xFFFF)
        total = (total & 0xFFFF) + (total >> 16)
        self._checksum.pack_into(self.packet, IP_HEADER + 16, ~(total + (total >> 16)) & 0xFFFF)
        return self.packet


class EchoPatcher:
    """Writes id, sequence number and checksum into a prepared ICMP echo request (no IP header: the kernel makes it)."""

    _head = struct.Struct("!HHH")

    def __init__(self, payload: bytes) -> None:
        self.packet = bytearray(struct.pack("!BBHHH", 8, 0, 0, 0, 0) + payload)
        self._sum = ones_sum(bytes(self.packet))

    def patch(self, ident: int, sequence: int) -> bytearray:
        """The packet; it is overwritten by the next call."""
        total = self._sum + ident + sequence
        total = (total & 0xFFFF) + (total >> 16)
        self._head.pack_into(self.packet, 2, ~(total + (total >> 16)) & 0xFFFF, ident, sequence)
        return self.packet


def ones_sum(data: bytes) -> int:
    """The ones' complement sum of 16-bit words (RFC 1071), not inverted."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def flag_letters(flags: int) -> str:
    """TCP flags as hping3 prints them: ``SA``, ``RA``."""
    present = [letter for bit, letter in enumerate(FLAG_LETTERS) if flags >> bit & 1]
    return "".join(sorted(present, key="SRFPAUEC".index)) or "none"


def describe_tcp(packet: bytes) -> tuple[str, int | None]:
    """A reply in scapy's words, and the MSS that it advertises."""
    from scapy.layers.inet import IP, TCP

    reply = IP(packet)
    if TCP not in reply:
        return reply.summary(), None
    mss = dict(option for option in reply[TCP].options if isinstance(option, tuple) and len(option) == 2).get("MSS")
    return f"{reply.summary()} {reply[TCP].options}", mss


def address_word(address: str) -> int:
    """An IPv4 address as the number that a BPF filter compares with."""
    return int(struct.unpack("!I", socket.inet_aton(address))[0])

"""An ICMP error that nobody asked for, from which a kernel learns all the same."""

from __future__ import annotations

import socket
import struct

from droplab.harness.contracts.node import Node
from droplab.harness.probes.packets import ones_sum


def too_big(sender: Node, to: str, quoted_to: str, mtu: int) -> None:
    """ICMP "fragmentation needed" for a reply that was never sent: the receiver learns a route exception (RFC 1191)."""
    addresses = socket.inet_aton(to) + socket.inet_aton(quoted_to)
    quoted = struct.pack("!BBHHHBBH", 0x45, 0, 28, 1, 0x4000, 64, socket.IPPROTO_ICMP, 0) + addresses
    body = struct.pack("!HH", 0, mtu) + quoted + struct.pack("!BBHHH", 0, 0, 0, 1, 1)
    summed = 0xFFFF - ones_sum(struct.pack("!BBH", 3, 4, 0) + body)
    with sender.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        raw.sendto(struct.pack("!BBH", 3, 4, summed) + body, (to, 0))

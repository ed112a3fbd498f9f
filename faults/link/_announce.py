"""Announce by gratuitous ARP (RFC 5227, section 3) which hardware address an IPv4 address has. Not a kind.

``python -m droplab.faults.link._announce INTERFACE ADDRESS MAC``: arping can announce the own hardware address only.
"""

from __future__ import annotations

import socket
import struct
import sys

ETH_P_ARP, ETH_P_IP, ARPHRD_ETHER, REQUEST = 0x0806, 0x0800, 1, 1
BROADCAST = b"\xff" * 6


def announcement(address: str, mac: str) -> bytes:
    """An ARP request of the address for itself, which every neighbour that knows it learns from."""
    own, hardware = socket.inet_aton(address), bytes.fromhex(mac.replace(":", ""))
    head = struct.pack("!HHBBH", ARPHRD_ETHER, ETH_P_IP, 6, 4, REQUEST)
    return head + hardware + own + bytes(6) + own


def main() -> None:
    """Send it once to everybody on the link."""
    interface, address, mac = sys.argv[1:]
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as sock:
        sock.sendto(announcement(address, mac), (interface, ETH_P_ARP, 0, 0, BROADCAST))


if __name__ == "__main__":
    main()

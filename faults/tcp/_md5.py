"""Give the listeners on a port a TCP-MD5 key, or take it away again. Run in the node's network namespace."""

from __future__ import annotations

import argparse
import socket
import struct
from ipaddress import IPv4Network

from droplab.faults.tcp._listener import own_listeners

TCP_MD5SIG_EXT = 32  # linux/tcp.h
FLAG_PREFIX = 1
KEY_BYTES = 80


def key_for(peers: IPv4Network, key: bytes) -> bytes:
    """struct tcp_md5sig of linux/tcp.h; an empty key deletes."""
    address = struct.pack("=H2x4s", socket.AF_INET, peers.network_address.packed).ljust(128, b"\0")
    return address + struct.pack("=BBHi", FLAG_PREFIX, peers.prefixlen, len(key), 0) + key.ljust(KEY_BYTES, b"\0")


def main() -> None:
    """Set or, without ``--key``, delete."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--peers", type=IPv4Network, required=True)
    parser.add_argument("--key", default="")
    words = parser.parse_args()
    for listener in own_listeners(words.port):
        listener.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG_EXT, key_for(words.peers, words.key.encode()))


if __name__ == "__main__":
    main()

"""What the kernel knows about a TCP connection: bytes that the peer has not acknowledged, and retransmissions."""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from dataclasses import dataclass

RETRANSMITS, UNACKED, TOTAL_RETRANS = 2, 24, 100  # offsets in struct tcp_info (linux/tcp.h)
TCP_INFO_BYTES = 104
SIOCOUTQ = termios.TIOCOUTQ


@dataclass(frozen=True)
class TcpState:
    """A moment of a connection."""

    unacknowledged_bytes: int
    unacknowledged_segments: int
    retransmits: int
    """Retransmission time-outs in a row without an acknowledgement."""
    total_retransmits: int

    @property
    def starved(self) -> bool:
        """Two retransmissions in a row stayed without an answer: the network does not carry our bytes."""
        return self.retransmits >= 2 and self.unacknowledged_segments > 0 and self.unacknowledged_bytes > 0


def tcp_state(sock: socket.socket) -> TcpState:
    """Ask TCP_INFO and SIOCOUTQ."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    (queued,) = struct.unpack("i", fcntl.ioctl(sock, SIOCOUTQ, bytes(4)))
    return TcpState(
        unacknowledged_bytes=queued,
        unacknowledged_segments=struct.unpack_from("I", info, UNACKED)[0],
        retransmits=info[RETRANSMITS],
        total_retransmits=struct.unpack_from("I", info, TOTAL_RETRANS)[0],
    )

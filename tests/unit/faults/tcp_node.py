"""A node whose sockets are this process's own: what a plan asks of a socket (a cookie) the kernel answers."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from .answers import Answers


@dataclass
class TcpNode(Answers):
    """Answers, and sockets that nothing is sent with."""

    def socket(self, family: int, kind: int, proto: int = 0) -> socket.socket:
        """A socket of the namespace that the test runs in."""
        return socket.socket(family, kind, proto)


def listens(port: int, owner: str = '(("nginx",pid=7,fd=6))', address: str = "0.0.0.0") -> dict[str, str]:
    """What ss says about a listener, to each way of asking for it."""
    line = f"LISTEN 0      511     {address}:{port}    0.0.0.0:*    users:{owner}\n"
    return {f"ss {options} 'sport = :{port}'": line for options in ("-ltnH", "-ltnpH")}

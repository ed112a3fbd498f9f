"""Listen beside a server on its port (SO_REUSEPORT) and never accept. Run in the node's network namespace."""

from __future__ import annotations

import argparse
import errno
import socket
import time

from droplab.faults.tcp._background import detach, stay
from droplab.faults.tcp._listener import own_listeners

WITHIN_S = 5.0
BACKLOG = 4096


def main() -> None:
    """Join the server's group and stay; with ``--leave``, only take the server's socket out of reuse again."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--listeners", type=int, default=0)
    parser.add_argument("--leave", action="store_true")
    parser.add_argument("--token")
    words = parser.parse_args()
    if words.leave:
        for server in own_listeners(words.port):
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)
        return
    held = _join(words.port, words.listeners)
    detach()
    stay()
    del held


def _join(port: int, listeners: int) -> list[socket.socket]:
    """Silent listeners beside the server's, which goes on as before where that fails."""
    server = own_listeners(port)[0]
    was = server.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        return [_listening(server.family, server.getsockname()) for _ in range(listeners)]
    except OSError:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, was)
        raise
    finally:
        server.close()  # a descriptor kept here would keep the port when the server restarts


def _listening(family: int, place: tuple[str, int]) -> socket.socket:
    """A silent listener. Connections that the server had before the option was set are in the way until they end."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            made.bind(place)
        except OSError as error:
            made.close()
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            made.listen(BACKLOG)
            return made


if __name__ == "__main__":
    main()

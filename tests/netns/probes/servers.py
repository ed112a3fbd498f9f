"""Small TCP servers, each with one manner of answering, on port 80 of a namespace."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.netns.probes.bench import Namespace

Manner = Callable[[socket.socket], None]
"""What a server does with a connection; the connection is closed when it returns."""


@contextmanager
def serving(node: Namespace, manner: Manner, port: int = 80) -> Iterator[None]:
    """Serve one connection after another until the end of the block."""
    with node.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((node.hosts[node.name], port))
        listener.listen(511)
        thread = threading.Thread(target=_accept, args=(listener, manner))
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _accept(listener: socket.socket, manner: Manner) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(1.5)
                manner(connection)


def answering(response: bytes) -> Manner:
    """Read the request, send ``response``, close."""

    def manner(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(response)

    return manner


def stalling(response: bytes) -> Manner:
    """Send ``response`` and keep the connection open until the client goes."""

    def manner(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(response)
        connection.recv(4096)

    return manner


def resetting(connection: socket.socket) -> None:
    """Read the request, send a RST."""
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

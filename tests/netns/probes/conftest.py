from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.netns.probes.bench import Bench, Namespace, bench


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _children() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


@pytest.fixture
def net() -> Iterator[Bench]:
    """A fresh network, of which nothing is left afterwards."""
    before, descriptors = _children(), _descriptors()
    with bench() as made:
        yield made
    assert _children() == before
    assert _descriptors() <= descriptors


@pytest.fixture
def client(net: Bench) -> Namespace:
    return net.client


@pytest.fixture
def server(net: Bench) -> Namespace:
    return net.server


@pytest.fixture
def listener(server: Namespace) -> Iterator[socket.socket]:
    """Port 80 of the server, with nginx's backlog; nobody accepts."""
    with server.socket(socket.AF_INET, socket.SOCK_STREAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("198.18.77.2", 80))
        made.listen(511)
        yield made

from __future__ import annotations

import os
import socket

import pytest
from pydantic import ValidationError

from droplab.faults.tcp.reuseport_half_dead import ReuseportHalfDead
from droplab.harness.errors import UsageError

from .answers import words
from .tcp_node import TcpNode, listens

PROGRAM = "-m droplab.faults.tcp._second_listener --port 80"


@pytest.mark.parametrize("shared", [False, True])
def test_commands(shared: bool) -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
        node = TcpNode(listens(80, owner=f'(("pytest",pid={os.getpid()},fd={server.fileno()}))'))
        (apply,), revert = words(ReuseportHalfDead(listeners=3).plan(node))
    word = apply.split()[-1]
    assert f"{PROGRAM} --listeners 3 --token reuseport_half_dead-80-" in apply
    assert revert[:2] == [f"pkill -f {word}", f"pidwait -f {word}"]
    assert [line.endswith(f"{PROGRAM} --leave") for line in revert[2:]] == ([] if shared else [True])


@pytest.mark.parametrize(
    ("queues", "waiting"),
    [
        ("LISTEN 48 4096 a\nLISTEN 0 511 b\n", 48),
        ("LISTEN 0 511 b\nLISTEN 48 4096 a\n", 48),
        ("LISTEN 0 4096 a\nLISTEN 0 511 b\n", 0),
        ("LISTEN 48 511 b\n", 0),
    ],
)
def test_a_full_queue_counts_only_beside_an_empty_one(queues: str, waiting: int) -> None:
    counter = ReuseportHalfDead().signature().traces[0]
    assert counter.read(TcpNode({"ss -ltnH 'sport = :80'": queues}), TcpNode()) == waiting


def test_nothing_listens() -> None:
    with pytest.raises(UsageError, match="nothing listens on TCP port 80 of nginx"):
        ReuseportHalfDead().plan(TcpNode())


@pytest.mark.parametrize("parameters", [{"listeners": 0}, {"listeners": 17}, {"port": "http"}])
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ReuseportHalfDead.model_validate(parameters)

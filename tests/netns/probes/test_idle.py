"""Every outcome of the idle probe, made by a real kernel and small servers."""

from __future__ import annotations

import socket

import pytest

from droplab.harness.contracts.measurement import Measurement
from droplab.harness.errors import UsageError
from droplab.harness.probes.idle import Idle
from tests.netns.probes.bench import Bench, Namespace
from tests.netns.probes.servers import answering, resetting, serving

WELCOME = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome"


@pytest.fixture(autouse=True)
def _warm(net: Bench) -> None:
    """The first frame through a fresh bridge may be lost, and a SYN is sent again only after a second."""
    net.client.run(("ping", "-c", "2", "-i", "0.05", "-W", "1", "198.18.77.2"), check=False)


def kept(connection: socket.socket) -> None:
    """Answer every request until the client goes."""
    while connection.recv(4096):
        connection.sendall(WELCOME)


def once(connection: socket.socket) -> None:
    """Answer the first request and be silent about all others."""
    connection.recv(4096)
    connection.sendall(WELCOME)
    while connection.recv(4096):
        pass


def look(client: Namespace, **fields: object) -> Measurement:
    return Idle.model_validate({"target": "server", "idle_s": 0.05, "timeout_s": 1, **fields}).measure(client)


def test_a_kept_connection(client: Namespace, server: Namespace) -> None:
    with serving(server, kept):
        seen = look(client)
    assert seen.values == {"outcome": "ok"}, seen.details
    assert 0.05 <= seen.duration_s < 1


def test_another_port(client: Namespace, server: Namespace) -> None:
    with serving(server, kept, port=8080):
        assert look(client, target="server:8080").values == {"outcome": "ok"}


def test_silence_after_the_pause(client: Namespace, server: Namespace) -> None:
    with serving(server, once):
        assert look(client).values == {"outcome": "no_response"}


def test_closed_in_order(client: Namespace, server: Namespace) -> None:
    with serving(server, answering(WELCOME)):
        seen = look(client)
    assert seen.values == {"outcome": "closed"}, seen.details


def test_the_first_request_failed_already(client: Namespace, server: Namespace) -> None:
    assert look(client).values == {"outcome": "never_began"}
    with serving(server, resetting):
        assert look(client).values == {"outcome": "never_began"}


@pytest.mark.parametrize("fields", [{"target": "http://server/"}, {"target": "server:0"}, {"count": 5}, {"idle_s": -1}])
def test_nonsense(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields))):
        Idle.model_validate({"target": "server", **fields})


def test_an_unknown_name(client: Namespace) -> None:
    with pytest.raises(UsageError, match="no node is named"):
        look(client, target="nobodyelse")

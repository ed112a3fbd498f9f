"""Many connections at once, against a real server and real kernels."""

from __future__ import annotations

import socket

import pytest
from pydantic import ValidationError

from droplab.harness.contracts.measurement import Measurement, Proportion
from droplab.harness.probes.hold import Hold
from tests.netns.probes.bench import Namespace
from tests.netns.probes.servers import answering, serving

WELCOME = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome"


def hold(client: Namespace, **fields: object) -> Measurement:
    return Hold.model_validate({"target": "server:80", "count": 40, "timeout_s": 0.3, **fields}).measure(client)


def closing(connection: socket.socket) -> None:
    """Close at once."""


def test_all_are_answered(client: Namespace, server: Namespace) -> None:
    with serving(server, answering(WELCOME)):
        seen = hold(client)
    assert seen.values == {
        "unopened": Proportion(0, 40),
        "dead": Proportion(0, 40),
        "unanswered": Proportion(0, 40),
        "answered": 40,
    }


def test_nobody_accepts(client: Namespace, listener: socket.socket) -> None:
    values = hold(client).values
    assert (values["unopened"], values["unanswered"]) == (Proportion(0, 40), Proportion(40, 40))


def test_nobody_listens(client: Namespace) -> None:
    seen = hold(client)
    assert (seen.values["unopened"], seen.details["errors"]) == (Proportion(40, 40), {"ECONNREFUSED": 40})
    assert seen.values["unanswered"] == Proportion(0, 0)


def test_no_way(client: Namespace) -> None:
    seen = hold(client, target="abroad:80")
    assert (seen.values["unopened"], seen.details["errors"]) == (Proportion(40, 40), {"ENETUNREACH": 40})


def test_too_few_ports(client: Namespace, listener: socket.socket) -> None:
    client.do("sysctl -qw net.ipv4.ip_local_port_range='40000 40015'")
    seen = hold(client)
    assert (seen.values["unopened"], seen.details["errors"]) == (Proportion(24, 40), {"EADDRNOTAVAIL": 24})


def test_the_server_closes_while_they_are_held(client: Namespace, server: Namespace) -> None:
    with serving(server, closing):
        seen = hold(client, hold_s=0.5)
    assert (seen.values["dead"], seen.values["unanswered"]) == (Proportion(40, 40), Proportion(0, 0))


def test_those_that_live_are_asked_after_the_hold(client: Namespace, listener: socket.socket) -> None:
    seen = hold(client, hold_s=0.4)
    assert seen.duration_s >= 0.7
    assert (seen.values["dead"], seen.values["unanswered"]) == (Proportion(0, 40), Proportion(40, 40))


@pytest.mark.parametrize("fields", [{"target": "server"}, {"hold_s": -1}, {"timeout_s": 0}, {"count": 0}])
def test_nonsense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Hold.model_validate({"target": "server:80", **fields})

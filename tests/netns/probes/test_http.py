"""Every outcome of the HTTP probe, made by a real kernel or a real server."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Sequence
from typing import cast

import pytest

from droplab.harness.contracts.measurement import Measurement, Proportion
from droplab.harness.contracts.node import Node, Result
from droplab.harness.errors import UsageError
from droplab.harness.probes.http import Http
from tests.netns.probes.bench import Namespace
from tests.netns.probes.servers import Manner, answering, resetting, serving, stalling

WELCOME = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of it"


def get(client: Namespace, **fields: object) -> Measurement:
    return Http.model_validate({"target": "http://server/", "timeout_s": 0.3, **fields}).measure(client)


def test_ok(client: Namespace, server: Namespace) -> None:
    with serving(server, answering(WELCOME)):
        seen = get(client)
    assert (seen.values["outcome"], seen.values["status"], seen.values["body_contains"]) == ("ok", 200, "welcome")
    assert seen.values["body_sha256"] == hashlib.sha256(b"welcome").hexdigest()
    times = [seen.values[name] for name in ("lookup_s", "connect_s", "first_byte_s", "total_s")]
    assert times == sorted(times, key=float)  # type: ignore[arg-type]


def test_the_request_is_curls(client: Namespace, server: Namespace) -> None:
    heard = []

    def manner(connection: socket.socket) -> None:
        heard.append(connection.recv(4096))
        connection.sendall(WELCOME)

    with serving(server, manner, port=8080):
        assert get(client, target="http://server:8080/a?b=c").values["outcome"] == "ok"
        server_says = client.run(["curl", "-s", "--noproxy", "*", "http://198.18.77.2:8080/a?b=c"])
    own, curls = ({line.split(b" ")[0].lower() for line in request.split(b"\r\n")} for request in heard)
    assert server_says.stdout == "welcome"
    assert own == curls
    assert abs(len(heard[0]) - len(heard[1])) < 16  # the length of the name and of curl's version


@pytest.mark.parametrize(
    ("outcome", "manner"),
    [
        ("http_error", answering(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")),
        ("ok", answering(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")),
        ("ok", answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")),
        ("ok", answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")),
        ("closed_early", answering(b"")),
        ("closed_early", answering(HALF)),
        ("closed_early", answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30\r\nabc")),
        ("stalled_body", stalling(HALF)),
        ("no_response", stalling(b"")),
        ("reset", resetting),
        ("bad_http", answering(b"220 mail ready\r\n")),
    ],
)
def test_manners_of_servers(client: Namespace, server: Namespace, outcome: str, manner: Manner) -> None:
    with serving(server, manner):
        assert get(client).values["outcome"] == outcome


def test_a_silent_server_has_the_request(client: Namespace, server: Namespace) -> None:
    with serving(server, stalling(b"")):
        seen = get(client)
    assert (seen.values["status"], seen.values["body_contains"]) == (0, "")
    assert (seen.details["cause"], seen.details["unacknowledged_bytes"]) == ("server has it and is silent", 0)


def test_a_small_mtu_eats_the_request_and_is_noticed_before_the_limit(client: Namespace, server: Namespace) -> None:
    with serving(server, answering(WELCOME)):
        server.do("ip link set eth0 mtu 100")
        seen = get(client, timeout_s=30)
        server.do("ip link set eth0 mtu 1500")
    assert (seen.values["outcome"], seen.details["cause"]) == ("no_response", "network ate the request")
    assert seen.duration_s < 15
    assert "connect_s" in seen.values
    assert "first_byte_s" not in seen.values


@pytest.mark.parametrize(
    ("outcome", "rule"),
    [
        ("connect_timeout", "INPUT -p tcp -j DROP"),
        ("refused", "INPUT -p tcp -j REJECT --reject-with tcp-reset"),
        ("refused", "INPUT -p tcp -j REJECT --reject-with icmp-port-unreachable"),
        ("reset", "INPUT -p tcp -m length --length 61:2000 -j REJECT --reject-with tcp-reset"),
        ("unreachable", "INPUT -p tcp -j REJECT --reject-with icmp-admin-prohibited"),
    ],
)
def test_packet_filters(client: Namespace, server: Namespace, outcome: str, rule: str) -> None:
    with serving(server, answering(WELCOME)):
        server.do(f"iptables -A {rule}")
        assert get(client).values["outcome"] == outcome
        server.do("iptables -F")


def test_a_closed_port(client: Namespace) -> None:
    assert get(client, target="http://198.18.77.2:81/").values["outcome"] == "refused"


@pytest.mark.parametrize("command", ["ip link set eth0 down", "ip route add blackhole 198.18.77.2"])
def test_no_way(client: Namespace, command: str) -> None:
    client.do(command)
    assert get(client).values["outcome"] == "unreachable"


def test_a_body_is_read_up_to_a_bound(client: Namespace, server: Namespace) -> None:
    size = (16 << 20) + 4096
    with serving(server, answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))):
        seen = get(client, timeout_s=10)
    assert seen.values["outcome"] == "ok"
    assert 16 << 20 <= int(str(seen.details["body_bytes"])) <= size


def test_a_trickle_ends_at_the_limit(client: Namespace, server: Namespace) -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while True:
            connection.sendall(b"x")

    with serving(server, trickle):
        assert get(client).values["outcome"] == "stalled_body"


def test_count_gives_a_rate(client: Namespace, server: Namespace) -> None:
    answers = [WELCOME, b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", WELCOME, WELCOME]

    def manner(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(answers.pop())

    with serving(server, manner):
        seen = get(client, count=4)
    assert (seen.values["ok_rate"], seen.values["outcome"]) == (Proportion(3, 4), "http_error")
    assert seen.details["outcomes"] == {"ok": 3, "http_error": 1}


def test_an_unknown_name(client: Namespace) -> None:
    with pytest.raises(UsageError, match="no node is named 'web'"):
        get(client, target="http://web/")


def test_the_nodes_own_resolver_needs_a_node_of_a_lab(client: Namespace) -> None:
    with pytest.raises(UsageError, match="resolve: topology"):
        get(client, resolve="node")


class Resolving:
    """A node of a lab as far as a lookup asks it: ``exec`` answers as getent does."""

    def __init__(self, node: Namespace, answer: Result) -> None:
        self._node = node
        self._answer = answer

    def __getattr__(self, name: str) -> object:
        return getattr(self._node, name)

    def exec(self, argv: Sequence[str], *, timeout_s: float = 30) -> Result:
        assert tuple(argv) == ("getent", "ahosts", "www.lab.test")
        return self._answer


def look_up(client: Namespace, answer: Result) -> Measurement:
    node = cast(Node, Resolving(client, answer))
    return Http(target="http://www.lab.test/", resolve="node", timeout_s=0.3).measure(node)


def test_the_nodes_own_resolver_is_asked(client: Namespace, server: Namespace) -> None:
    with serving(server, answering(WELCOME)):
        seen = look_up(client, Result(("getent",), 0, "fe80::1 STREAM www\n198.18.77.2 STREAM www\n", "", 0.25))
    assert (seen.values["outcome"], seen.values["lookup_s"]) == ("ok", 0.25)
    assert float(str(seen.values["total_s"])) > 0.25


@pytest.mark.parametrize(("status", "why"), [(2, "not found"), (124, "no answer within")])
def test_the_nodes_own_resolver_fails(client: Namespace, status: int, why: str) -> None:
    seen = look_up(client, Result(("getent",), status, "", "", 0.1))
    assert seen.values["outcome"] == "lookup_failed"
    assert why in str(seen.details["error"])

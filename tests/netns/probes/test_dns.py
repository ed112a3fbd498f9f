from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.probes.dns import Dns
from tests.netns.probes.bench import Namespace

ADDRESS = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes([198, 18, 77, 2])
Respond = Callable[[bytes], list[bytes]]


def respond(flags: int = 0x8180, records: int = 1) -> Respond:
    """One answer, with the query's number and question."""
    return lambda asked: [asked[:2] + struct.pack("!5H", flags, 1, records, 0, 0) + asked[12:] + ADDRESS * records]


@contextmanager
def resolver(node: Namespace, answers: Respond, kind: int = socket.SOCK_DGRAM) -> Iterator[None]:
    """A server on port 53 of the node, for one query after another."""
    with node.socket(socket.AF_INET, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("198.18.77.2", 53))
        if kind == socket.SOCK_STREAM:
            sock.listen()
        thread = threading.Thread(target=_serve, args=(sock, answers, kind), daemon=True)
        thread.start()
        yield
        sock.shutdown(socket.SHUT_RDWR) if kind == socket.SOCK_STREAM else _stop(node)
        thread.join(5)
        assert not thread.is_alive()


def _stop(node: Namespace) -> None:
    with node.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", ("198.18.77.2", 53))


def _serve(sock: socket.socket, answers: Respond, kind: int) -> None:
    while True:
        try:
            if kind == socket.SOCK_DGRAM:
                asked, peer = sock.recvfrom(512)
                if not asked:
                    return
                for packet in answers(asked):
                    sock.sendto(packet, peer)
                continue
            connection, _ = sock.accept()
        except OSError:
            return
        with connection:
            asked = connection.recv(512)[2:]
            for packet in answers(asked):
                connection.sendall(len(packet).to_bytes(2, "big") + packet)


def ask(client: Namespace, **fields: object) -> Dns:
    return Dns.model_validate({"target": "www.lab.test", "server": "server", "timeout_s": 3, **fields})


@pytest.mark.parametrize(
    ("flags", "records", "outcome"),
    [
        (0x8180, 1, "ok"),
        (0x8180, 0, "no_data"),
        (0x8183, 0, "nxdomain"),
        (0x8182, 0, "servfail"),
        (0x8185, 0, "refused"),
        (0x8380, 0, "truncated"),
        (0x0180, 1, "malformed"),
    ],
)
def test_outcomes(client: Namespace, server: Namespace, flags: int, records: int, outcome: str) -> None:
    with resolver(server, respond(flags, records)):
        seen = ask(client).measure(client)
    assert seen.values["outcome"] == outcome
    assert 0 < float(str(seen.values["lookup_s"])) < 3


def test_the_records(client: Namespace, server: Namespace) -> None:
    with resolver(server, respond(records=2)):
        seen = ask(client, count=3).measure(client)
    assert (seen.values["answers"], seen.values["records"]) == (2, "198.18.77.2 198.18.77.2")
    assert seen.values["ok_rate"] == Proportion(3, 3)


def test_silence(client: Namespace, server: Namespace) -> None:
    with resolver(server, lambda asked: []):
        seen = ask(client, timeout_s=0.3).measure(client)
    assert seen.values["outcome"] == "timeout"
    assert 0.3 <= float(str(seen.values["lookup_s"])) < 1.5


def test_nobody_listens(client: Namespace, server: Namespace) -> None:
    for transport in ("udp", "tcp"):
        assert ask(client, transport=transport).measure(client).values["outcome"] == "port_closed"


def test_no_way(client: Namespace) -> None:
    assert ask(client, server="abroad").measure(client).values["outcome"] == "unreachable"


def test_an_answer_to_something_else_is_none(client: Namespace, server: Namespace) -> None:
    good = respond()
    with resolver(server, lambda asked: [b"\0\0" + good(asked)[0][2:], good(asked)[0]]):
        assert ask(client).measure(client).values["outcome"] == "ok"


def test_tcp(client: Namespace, server: Namespace) -> None:
    with resolver(server, respond(), socket.SOCK_STREAM):
        assert ask(client, transport="tcp").measure(client).values["outcome"] == "ok"
    with resolver(server, lambda asked: [], socket.SOCK_STREAM):
        assert ask(client, transport="tcp").measure(client).values["outcome"] == "malformed"


def test_only_what_the_rule_drops_is_unanswered(client: Namespace, server: Namespace) -> None:
    server.do("iptables -A INPUT -p udp --dport 53 -m string --algo bm --hex-string |00001c0001| -j DROP")
    with resolver(server, respond()):
        assert ask(client).measure(client).values["outcome"] == "ok"
        assert ask(client, qtype="AAAA", timeout_s=0.3).measure(client).values["outcome"] == "timeout"

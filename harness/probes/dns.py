"""A question to a DNS server, from inside a node, past the node's own resolver."""

from __future__ import annotations

import errno
import secrets
import socket
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from droplab.harness.contracts.measurement import Measurement, Metric, Proportion, Value
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.probe import Probe
from droplab.harness.probes.dns_message import Answer, Malformed, encode_name, query, read_answer
from droplab.harness.probes.targets import NO_ROUTE, address_of, checked_host

LARGEST = 65_535
REFUSALS = {errno.ECONNREFUSED: "port_closed", errno.ECONNRESET: "port_closed"}


@dataclass(frozen=True)
class _Reply:
    outcome: str
    lookup_s: float
    records: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)


class Dns(Probe):
    """Ask a DNS server once, without trying again. ``outcome`` is one word for how it ended.

    With ``count``, ``ok_rate`` says how often it was ok. What an ordinary program in the node would wait for a name,
    with its resolv.conf and its retries, the probe http tells with ``resolve: node``.
    """

    names_nodes: ClassVar[tuple[str, ...]] = ("server",)
    metrics: ClassVar[Mapping[str, Metric]] = {
        "outcome": Metric.CATEGORY,
        "lookup_s": Metric.TIME,
        "answers": Metric.COUNT,
        "records": Metric.TEXT,
        "ok_rate": Metric.PROPORTION,
    }
    categories: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "outcome": (
            "ok",
            "no_data",  # the name exists and has no record of this type
            "nxdomain",
            "servfail",
            "refused",  # the server answers that it will not (RCODE 5)
            "not_implemented",
            "format_error",
            "error",  # another RCODE
            "truncated",  # it did not fit into UDP
            "malformed",
            "timeout",
            "port_closed",  # an ICMP error or a RST instead of an answer
            "unreachable",
        )
    }

    target: str = Field(description="the name that is asked for")
    server: str = Field(description="who is asked: a node name or an IPv4 address")
    qtype: Literal["A", "NS", "CNAME", "SOA", "PTR", "MX", "TXT", "AAAA", "SRV", "ANY"] = Field(
        default="A", description="the type of record"
    )
    transport: Literal["udp", "tcp"] = Field(default="udp", description="the protocol")
    port: int = Field(default=53, ge=1, le=65535, description="the server's port")
    timeout_s: float = Field(default=2, gt=0, le=60, description="how long the answer is awaited")

    @field_validator("target")
    @classmethod
    def _name(cls, target: str) -> str:
        if not target.isascii():
            raise ValueError(f"a name in ASCII is expected (an IDN as xn--...), got {target!r}")
        encode_name(target)
        return target

    @field_validator("server")
    @classmethod
    def _server(cls, server: str) -> str:
        return checked_host(server)

    def measure(self, node: Node) -> Measurement:
        """Ask once, or ``count`` times one after another: the first that is not ok stands for all, else the last.

        Raises UsageError for an unknown server.
        """
        started = time.perf_counter()
        address = address_of(node, self.server)
        replies = [self._ask(node, address) for _ in range(self.count or 1)]
        chosen = next((reply for reply in replies if reply.outcome != "ok"), replies[-1])
        values: dict[str, Value] = {
            "outcome": chosen.outcome,
            "lookup_s": chosen.lookup_s,
            "answers": len(chosen.records),
            "records": " ".join(chosen.records),
        }
        outcomes = Counter(reply.outcome for reply in replies)
        if self.count:
            values["ok_rate"] = Proportion(outcomes["ok"], self.count)
        details = {**chosen.details, "records": list(chosen.records), "outcomes": dict(outcomes)}
        return Measurement(values, details, time.perf_counter() - started)

    def _ask(self, node: Node, address: str) -> _Reply:
        asked = query(secrets.randbelow(1 << 16), self.target, self.qtype)
        started = time.perf_counter()
        kind = socket.SOCK_DGRAM if self.transport == "udp" else socket.SOCK_STREAM
        with node.socket(socket.AF_INET, kind) as sock:
            try:
                answer = self._exchange(sock, address, asked, time.monotonic() + self.timeout_s)
            except TimeoutError:
                return _Reply("timeout", time.perf_counter() - started)
            except (Malformed, EOFError) as error:
                return _Reply("malformed", time.perf_counter() - started, details={"error": str(error)})
            except OSError as error:
                return _Reply(_failure(error), time.perf_counter() - started, details={"error": str(error)})
        return _Reply(_outcome(answer), time.perf_counter() - started, answer.records, {"rcode": answer.rcode})

    def _exchange(self, sock: socket.socket, address: str, asked: bytes, deadline: float) -> Answer:
        """Raises TimeoutError, Malformed, OSError, and EOFError when a TCP connection ends early."""
        sock.settimeout(_left(deadline))
        sock.connect((address, self.port))
        if self.transport == "udp":
            sock.send(asked)
            return _datagram(sock, asked, deadline)
        sock.sendall(len(asked).to_bytes(2, "big") + asked)
        length = int.from_bytes(_exactly(sock, 2, deadline), "big")
        return read_answer(_exactly(sock, length, deadline), asked)


def _datagram(sock: socket.socket, asked: bytes, deadline: float) -> Answer:
    """The first datagram with our number; what answers something else is no answer (RFC 5452)."""
    while True:
        sock.settimeout(_left(deadline))
        packet = sock.recv(LARGEST)
        if packet[:2] == asked[:2]:
            return read_answer(packet, asked)


def _exactly(sock: socket.socket, length: int, deadline: float) -> bytes:
    data = b""
    while len(data) < length:
        sock.settimeout(_left(deadline))
        part = sock.recv(length - len(data))
        if not part:
            raise EOFError("the server closed the connection before the answer was complete")
        data += part
    return data


def _left(deadline: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _outcome(answer: Answer) -> str:
    if answer.rcode != "ok":
        return answer.rcode
    if answer.truncated:
        return "truncated"
    return "ok" if answer.records else "no_data"


def _failure(error: OSError) -> str:
    if error.errno in NO_ROUTE:
        return "unreachable"
    return REFUSALS.get(error.errno or 0, "malformed")

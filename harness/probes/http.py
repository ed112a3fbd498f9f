"""An HTTP request as curl would send it, from inside a node."""

from __future__ import annotations

import errno
import socket
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from droplab.harness.contracts.measurement import Measurement, Metric, Proportion, Value
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.probe import Probe
from droplab.harness.probes.lookup import LookupFailed, ask_node
from droplab.harness.probes.targets import address_of, checked_host

if TYPE_CHECKING:
    from droplab.harness.probes.http_exchange import Reply, Request


@dataclass(frozen=True)
class _Url:
    host: str
    port: int
    path: str
    authority: str


def _split(text: str) -> _Url:
    """The parts of an http URL; raises ValueError."""
    parts = urlsplit(text)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f'expected a URL like "http://nginx/" (https is not spoken), got {text!r}')
    if "@" in parts.netloc or any(character.isspace() for character in text):
        raise ValueError(f"a URL without user name and spaces is expected, got {text!r}")
    try:
        port = parts.port or 80
    except ValueError:
        raise ValueError(f"the port must be 1..65535, got {parts.netloc!r} in {text!r}") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Url(checked_host(parts.netloc.partition(":")[0]), port, path, parts.netloc)


class Http(Probe):
    """GET a URL. ``outcome`` is one word for how it ended; with ``count``, ``ok_rate`` says how often it was ok.

    ``no_response`` is told before the limit when two retransmissions in a row stay unanswered. Its details say who is
    to blame: "network ate the request" when bytes are unacknowledged, "server has it and is silent" when none are.
    Times count from the start, lookup included, as curl -w prints them.
    """

    metrics: ClassVar[Mapping[str, Metric]] = {
        "outcome": Metric.CATEGORY,
        "status": Metric.COUNT,
        "body_contains": Metric.TEXT,
        "body_sha256": Metric.TEXT,
        "lookup_s": Metric.TIME,
        "connect_s": Metric.TIME,
        "first_byte_s": Metric.TIME,
        "total_s": Metric.TIME,
        "ok_rate": Metric.PROPORTION,
    }
    categories: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "outcome": (
            "ok",
            "http_error",  # a status of 400 or more
            "refused",
            "reset",
            "connect_timeout",
            "no_response",  # connected, and not a byte came
            "stalled_body",  # the response began and was not complete in time
            "closed_early",
            "unreachable",
            "bad_http",
            "lookup_failed",  # the node's own resolver has no address; only with resolve: node
        )
    }

    target: str = Field(description='a URL, the host a node name or an IPv4 address, for example "http://nginx/"')
    timeout_s: float = Field(default=3, gt=0, le=300, description="seconds from the request to the end of the response")
    connect_timeout_s: float | None = Field(
        default=None, gt=0, le=300, description="seconds to connect; default timeout_s"
    )
    resolve: Literal["topology", "node"] = Field(
        default="topology", description="names are those of the lab, or what the node's own resolver says"
    )

    @field_validator("target")
    @classmethod
    def _url(cls, target: str) -> str:
        _split(target)
        return target

    def measure(self, node: Node) -> Measurement:
        """Ask once, or ``count`` times one after another: the first that is not ok stands for all, else the last.

        Raises UsageError for an unknown name.
        """
        started = time.perf_counter()
        replies: list[Measurement] = [self._ask(node) for _ in range(self.count or 1)]
        outcomes = Counter(str(reply.values["outcome"]) for reply in replies)
        chosen = next((reply for reply in replies if reply.values["outcome"] != "ok"), replies[-1])
        values, details = dict(chosen.values), dict(chosen.details)
        if self.count:
            values["ok_rate"] = Proportion(outcomes["ok"], self.count)
            details["outcomes"] = dict(outcomes)
        return Measurement(values, details, time.perf_counter() - started)

    def _ask(self, node: Node) -> Measurement:
        from droplab.harness.probes.http_exchange import Reply, Request

        url = _split(self.target)
        connect_s = self.connect_timeout_s or self.timeout_s
        try:
            address, lookup_s = self._address(node, url.host, connect_s)
        except LookupFailed as failure:
            reply = Reply(outcome="lookup_failed", details={"error": str(failure)})
            return _measurement(reply, failure.duration_s)
        request = Request(address, url.port, url.authority, url.path, connect_s, self.timeout_s)
        reply = _exchange(node, request)
        if reply.details.get("errno") == errno.errorcode[errno.EHOSTUNREACH]:
            # a neighbour entry that failed before a repair answers the first packet after it
            reply = _exchange(node, request)
            reply.details["retried"] = "EHOSTUNREACH"
        return _measurement(reply, lookup_s)

    def _address(self, node: Node, host: str, timeout_s: float) -> tuple[str, float]:
        if self.resolve == "node":
            return ask_node(node, host, timeout_s)
        started = time.perf_counter()
        return address_of(node, host), time.perf_counter() - started


def _exchange(node: Node, request: Request) -> Reply:
    from droplab.harness.probes.http_exchange import exchange

    with node.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        return exchange(sock, request)


def _measurement(reply: Reply, lookup_s: float) -> Measurement:
    """Every metric that the exchange came to; a response that never came has status 0, as curl prints it."""
    values: dict[str, Value] = {
        "outcome": reply.outcome,
        "status": reply.status,
        "body_contains": reply.body.decode(errors="replace"),
        "body_sha256": reply.body_sha256,
        "lookup_s": lookup_s,
        "total_s": lookup_s + reply.total_s,
    }
    if reply.connect_s is not None:
        values["connect_s"] = lookup_s + reply.connect_s
    if reply.first_byte_s is not None:
        values["first_byte_s"] = lookup_s + reply.first_byte_s
    return Measurement(values, reply.details)

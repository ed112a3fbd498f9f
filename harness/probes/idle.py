"""Whether a connection survives a pause: two requests on one connection, idle in between."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, field_validator

from droplab.harness.contracts.measurement import Measurement, Metric, Value
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.probe import Probe
from droplab.harness.probes.targets import address_of, checked_host, split_port

HTTP = 80


class Idle(Probe):
    """GET / twice on one kept connection (HTTP/1.1), with a pause in between.

    ``outcome`` is about the second request; "never_began" when the first one failed already. Shorter pauses than the
    server's keepalive_timeout (65 s for droplab's nginx) must not end a connection.
    """

    metrics: ClassVar[Mapping[str, Metric]] = {"outcome": Metric.CATEGORY}
    categories: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "outcome": (
            "ok",
            "never_began",
            "no_response",
            "reset",
            "closed",  # the server ended it in order: a FIN
        )
    }

    target: str = Field(description="a node name or an IPv4 address; port 80 unless :PORT says otherwise")
    idle_s: float = Field(default=3, ge=0, le=120, description="the pause between the two requests")
    timeout_s: float = Field(default=2, gt=0, le=60, description="seconds until each response must be complete")

    @field_validator("target")
    @classmethod
    def _host(cls, target: str) -> str:
        _split(target)
        return target

    @field_validator("count")
    @classmethod
    def _one(cls, count: int | None) -> int | None:
        if count not in {None, 1}:
            raise ValueError(f"idle looks at one connection, got {count}")
        return count

    def measure(self, node: Node) -> Measurement:
        """Ask, wait, ask again. Raises UsageError for an unknown name."""
        started = time.perf_counter()
        host, port = _split(self.target)
        address = address_of(node, host)
        with node.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            outcome, words = self._ask_twice(sock, address, port)
        values: dict[str, Value] = {"outcome": outcome}
        return Measurement(values, {"idle_s": self.idle_s, "error": words}, time.perf_counter() - started)

    def _ask_twice(self, sock: socket.socket, address: str, port: int) -> tuple[str, str]:
        """The outcome, and the error behind it."""
        connection = http.client.HTTPConnection(address, port)
        connection.auto_open = 0  # a new connection would leave from another network namespace
        connection.sock = sock
        sock.settimeout(self.timeout_s)
        try:
            sock.connect((address, port))
            _get(connection)
        except (OSError, http.client.HTTPException) as error:
            return "never_began", _words(error)
        time.sleep(self.idle_s)
        try:
            _get(connection)
        except (OSError, http.client.HTTPException) as error:
            return _outcome(error), _words(error)
        return "ok", ""


def _split(target: str) -> tuple[str, int]:
    return split_port(target) if ":" in target else (checked_host(target), HTTP)


def _get(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    connection.getresponse().read()


def _outcome(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "no_response"
        case http.client.RemoteDisconnected() | http.client.NotConnected() | http.client.IncompleteRead():
            return "closed"
        case _:
            return "reset"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")

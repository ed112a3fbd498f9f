"""One HTTP request on a socket that is given, with every way in which it can fail told apart."""

from __future__ import annotations

import errno
import hashlib
import http.client
import io
import select
import socket
import time
from dataclasses import dataclass, field
from typing import Any, cast

from droplab.harness.probes.tcp_state import TcpState, tcp_state

BODY_BYTES = 16 << 20
POLL_S = 0.02
STARVED_GRACE_S = 0.1  # to the answer of the second retransmission, if it has one: some 1000 round trips in a lab
USER_AGENT = "curl/7.88.1"  # the size of the request decides whether it passes a small MTU
ATE_IT = "network ate the request"
SILENT = "server has it and is silent"
CONNECT_FAILURES = {errno.ECONNREFUSED: "refused", errno.ECONNRESET: "reset", errno.ETIMEDOUT: "connect_timeout"}


@dataclass(frozen=True)
class Request:
    """What is asked, of whom, and how long that may take."""

    address: str
    port: int
    host: str
    """As it stands in the Host header."""
    path: str
    connect_timeout_s: float
    timeout_s: float
    """From the request to the last byte of the response."""


@dataclass
class Reply:
    """How it ended. Times count from the start of the connection and are set as far as it came."""

    outcome: str = "no_response"
    status: int = 0
    body: bytes = b""
    connect_s: float | None = None
    first_byte_s: float | None = None
    total_s: float = 0.0
    details: dict[str, object] = field(default_factory=dict)

    @property
    def body_sha256(self) -> str:
        """The digest of what came of the body."""
        return hashlib.sha256(self.body).hexdigest()


class _Stream(io.RawIOBase):
    """Reads that end at the deadline, or before it when the kernel tells that waiting is in vain."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._starved_since: float | None = None
        self.first_byte_at: float | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._check(time.perf_counter())
        while not self._poll.poll(POLL_S * 1000):
            self._check(time.perf_counter())
        taken = self._sock.recv_into(buffer)
        if taken and self.first_byte_at is None:
            self.first_byte_at = time.perf_counter()
        return taken

    def _check(self, now: float) -> None:
        if now >= self._deadline:
            raise TimeoutError("the response is not complete")
        if not tcp_state(self._sock).starved:
            self._starved_since = None
        elif self._starved_since is None:
            self._starved_since = now
        elif now - self._starved_since >= STARVED_GRACE_S:
            raise TimeoutError("two retransmissions in a row stayed unanswered")


@dataclass(frozen=True)
class _SocketForHttpClient:
    """As much of a socket as http.client asks for."""

    sock: socket.socket
    stream: _Stream

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(self.stream)

    def sendall(self, data: bytes) -> None:
        self.sock.sendall(data)

    def close(self) -> None:
        """Nothing: the socket is its owner's, and the stream is read after this."""


def exchange(sock: socket.socket, request: Request) -> Reply:
    """Connect, ask as curl asks, read the whole response. Never raises for what the network does."""
    started = time.perf_counter()
    reply = Reply()
    try:
        sock.settimeout(request.connect_timeout_s)
        sock.connect((request.address, request.port))
    except OSError as error:
        number = errno.ETIMEDOUT if isinstance(error, TimeoutError) else error.errno or 0
        reply.outcome = CONNECT_FAILURES.get(number, "unreachable")
        reply.details["errno"] = errno.errorcode.get(number, str(number))
    else:
        reply.connect_s = time.perf_counter() - started
        _converse(sock, request, reply, started)
    reply.total_s = time.perf_counter() - started
    return reply


def _converse(sock: socket.socket, request: Request, reply: Reply, started: float) -> None:
    sock.settimeout(request.timeout_s)
    stream = _Stream(sock, time.perf_counter() + request.timeout_s)
    connection = http.client.HTTPConnection(request.host)
    connection.sock = cast(socket.socket, _SocketForHttpClient(sock, stream))
    try:
        _ask(connection, request)
        response = connection.getresponse()
        reply.status = response.status
        _read_body(response, reply)
        reply.outcome = "ok" if response.status < 400 else "http_error"
    except (OSError, http.client.HTTPException) as error:
        reply.outcome = _outcome(error, stream.first_byte_at is not None)
        reply.details["error"] = f"{type(error).__name__}: {error}".removesuffix(": ")
        reply.details.update(_cause(tcp_state(sock), reply.outcome))
    if stream.first_byte_at is not None:
        reply.first_byte_s = stream.first_byte_at - started


def _ask(connection: http.client.HTTPConnection, request: Request) -> None:
    connection.putrequest("GET", request.path, skip_host=True, skip_accept_encoding=True)
    for name, value in (("Host", request.host), ("User-Agent", USER_AGENT), ("Accept", "*/*")):
        connection.putheader(name, value)
    connection.endheaders()


def _read_body(response: http.client.HTTPResponse, reply: Reply) -> None:
    taken = bytearray()
    try:
        while len(taken) < BODY_BYTES and (piece := response.read1(1 << 16)):
            taken += piece
        if response.length and len(taken) < BODY_BYTES:
            raise http.client.IncompleteRead(bytes(taken), response.length)
    finally:
        reply.body = bytes(taken)
        reply.details["body_bytes"] = len(taken)


def _outcome(error: Exception, begun: bool) -> str:
    match error:
        case http.client.RemoteDisconnected() | http.client.IncompleteRead():
            return "closed_early"
        case TimeoutError():
            return "stalled_body" if begun else "no_response"
        case ConnectionResetError() | BrokenPipeError():
            return "reset"
        case http.client.HTTPException():
            return "bad_http"
        case _:
            return "unreachable"


def _cause(state: TcpState, outcome: str) -> dict[str, object]:
    """Who is to blame for silence: bytes that nobody acknowledged never arrived."""
    if outcome != "no_response":
        return {}
    return {
        "cause": ATE_IT if state.unacknowledged_bytes else SILENT,
        "unacknowledged_bytes": state.unacknowledged_bytes,
        "retransmits": state.total_retransmits,
    }

"""Many connections at once, held open: how many open, how many are answered, how many survive."""

from __future__ import annotations

import errno
import select
import socket
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import ClassVar

from pydantic import Field, field_validator

from droplab.harness.contracts.measurement import Measurement, Metric, Proportion, Value
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.probe import Probe
from droplab.harness.probes.http_exchange import USER_AGENT
from droplab.harness.probes.targets import address_of, split_port

MOST = 500  # below the descriptors of a process and the connections of a worker of nginx
ENOUGH = 100


class Hold(Probe):
    """Open ``count`` TCP connections at once (500 at most), hold them, then ask on each as curl asks for a page.

    ``unopened`` are those whose handshake failed, ``unanswered`` those of the open ones that were given no byte, and
    ``dead`` those that the other side closed or reset while nothing was sent. Each has ``timeout_s`` for its steps.
    """

    metrics: ClassVar[Mapping[str, Metric]] = {
        "unopened": Metric.PROPORTION,
        "dead": Metric.PROPORTION,
        "unanswered": Metric.PROPORTION,
        "answered": Metric.COUNT,
    }

    target: str = Field(description='HOST:PORT, the host a node name or an IPv4 address, for example "nginx:80"')
    hold_s: float = Field(default=0, ge=0, le=300, description="seconds between the handshakes and the requests")
    timeout_s: float = Field(default=0.5, gt=0, le=60, description="seconds to connect, and again to be answered")

    @field_validator("target")
    @classmethod
    def _host_and_port(cls, target: str) -> str:
        split_port(target)
        return target

    def measure(self, node: Node) -> Measurement:
        """Open, hold, ask, count. Raises UsageError for an unknown name."""
        started = time.perf_counter()
        host, port = split_port(self.target)
        count = min(self.count or ENOUGH, MOST)
        errors: Counter[str] = Counter()
        with ExitStack() as stack:
            socks = [stack.enter_context(node.socket(socket.AF_INET, socket.SOCK_STREAM)) for _ in range(count)]
            begun = [sock for sock in socks if _begin(sock, (address_of(node, host), port), errors)]
            opened = [sock for sock in _ready(begun, select.POLLOUT, self.timeout_s) if _opened(sock, errors)]
            dead = [sock for sock in _ready(opened, select.POLLIN, self.hold_s, at_once=False) if not _byte(sock)]
            alive = [sock for sock in opened if sock not in dead and _asked(sock, host, errors)]
            answered = sum(_byte(sock) for sock in _ready(alive, select.POLLIN, self.timeout_s))
        values: dict[str, Value] = {
            "unopened": Proportion(count - len(opened), count),
            "dead": Proportion(len(dead), len(opened)),
            "unanswered": Proportion(len(alive) - answered, len(alive)),
            "answered": answered,
        }
        return Measurement(values, {"errors": dict(errors)}, time.perf_counter() - started)


def _begin(sock: socket.socket, address: tuple[str, int], errors: Counter[str]) -> bool:
    sock.setblocking(False)
    number = sock.connect_ex(address)
    if number not in (0, errno.EINPROGRESS):
        errors[errno.errorcode.get(number, str(number))] += 1
    return number in (0, errno.EINPROGRESS)


def _opened(sock: socket.socket, errors: Counter[str]) -> bool:
    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if number:
        errors[errno.errorcode.get(number, str(number))] += 1
    return number == 0


def _ready(socks: Iterable[socket.socket], event: int, within_s: float, *, at_once: bool = True) -> list[socket.socket]:
    """Those that ``event``, an error or a hang-up befalls in time; waits to the end unless ``at_once``."""
    waiting = {sock.fileno(): sock for sock in socks}
    poll = select.poll()
    for number in waiting:
        poll.register(number, event)
    found: list[socket.socket] = []
    deadline = time.monotonic() + within_s
    while waiting or not at_once:
        left_s = deadline - time.monotonic()
        for number, _ in poll.poll(max(left_s, 0) * 1000):
            poll.unregister(number)
            found.append(waiting.pop(number))
        if left_s <= 0:
            break
    return found


def _asked(sock: socket.socket, host: str, errors: Counter[str]) -> bool:
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: */*\r\n\r\n"
    try:
        sock.send(request.encode())
    except OSError as error:
        errors[errno.errorcode.get(error.errno or 0, str(error.errno))] += 1
    return True


def _byte(sock: socket.socket) -> bool:
    """Whether there is a byte to read; a connection that was closed or reset has none."""
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except OSError:
        return False

"""The batch engine that SYN and echo probes share: send in batches, match and time the replies, stop when all are in.

A batch is taken back (``forget``) before the next is sent: a longer burst would fill the server's SYN queue and cause
the loss that it measures. Replies to earlier batches are still matched while later ones go out.
"""

from __future__ import annotations

import select
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from droplab.harness.probes.raw_sockets import arrival_ns, overflowed

BATCH = 32
SNAP_BYTES = 128  # of a reply that are looked at
UNANSWERED = -1
FIRST_LINGER_S = 0.1
LONGEST_LINGER_S = 0.1
POLL_RESOLUTION_S = 0.001
SLOW_SHARE = 0.01  # of the replies; if as many take more than half of the deadline, others may come after it


class Flow(Protocol):
    """What is sent and how a reply is recognised. Probes are numbered 0, 1, ... in the order sent."""

    def send(self, number: int) -> None:
        """Send a probe. Raises OSError when the node's own kernel refuses it."""

    def match(self, packet: bytes, sent: int) -> int:
        """The number of the probe, of ``sent`` so far, that this packet answers, or -1."""

    def forget(self, first: int, end: int, loss: float) -> None:
        """Make the server forget the probes ``first`` to ``end - 1``; ``loss`` is the share unanswered so far."""


@dataclass(frozen=True)
class Pace:
    """How probes are sent and how long replies are awaited."""

    deadline_s: float
    rate_pps: float | None = None
    listen_s: float | None = None
    """Listen this long after the last probe, whatever was answered, and forget nothing before that."""


@dataclass
class Tally:
    """What came back, by number of the probe. Times are CLOCK_REALTIME in nanoseconds."""

    deadline_s: float
    sent_ns: list[int] = field(default_factory=list)
    rtt_ns: list[int] = field(default_factory=list)
    refusals: Counter[int] = field(default_factory=Counter)
    """Errors of the node's own kernel on sending, by errno."""
    dup: int = 0
    alien: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """What kinds of replies came, where the flow tells them apart: flags of the first reply, ICMP errors."""
    overflowed: int = 0
    answered: int = 0
    """Probes that have a reply, in time or late."""
    first_reply: bytes = b""
    took_s: float = 0.0

    @property
    def sent(self) -> int:
        """How many probes, those that the own kernel refused included."""
        return len(self.sent_ns)

    @property
    def missing(self) -> int:
        """Probes that left this node and have no reply."""
        return self.sent - self.refusals.total() - self.answered

    def on_time(self) -> list[float]:
        """Round trip times in seconds of the probes whose first reply came within the deadline, in the order sent."""
        limit = int(self.deadline_s * 1e9)
        return [rtt / 1e9 for rtt in self.rtt_ns if UNANSWERED < rtt <= limit]

    @property
    def late(self) -> int:
        """First replies after the deadline."""
        limit = int(self.deadline_s * 1e9)
        return sum(rtt > limit for rtt in self.rtt_ns)


class Volley:
    """One run of ``count`` probes."""

    def __init__(self, flow: Flow, receiver: socket.socket, pace: Pace) -> None:
        self._flow = flow
        self._receiver = receiver
        self._pace = pace
        self._poll = select.poll()
        self._poll.register(receiver, select.POLLIN)
        self._typical_rtt_s = 0.0
        self.tally = Tally(pace.deadline_s)

    def run(self, count: int) -> Tally:
        """Send ``count`` probes and wait for their replies."""
        started = time.perf_counter()
        next_at = started
        for first in range(0, count, BATCH):
            end = min(first + BATCH, count)
            if self._pace.rate_pps:
                next_at = self._send_paced(first, end, next_at, 1 / self._pace.rate_pps)
            else:
                self._send(first, end)
            self._drain()
            if self._pace.listen_s is None:
                if end < count:
                    self._linger(first)
                self._flow.forget(first, end, self._loss())
        self.tally.took_s = time.perf_counter() - started
        self._await_rest()
        if self._pace.listen_s is not None:
            self._flow.forget(0, count, self._loss())
        self.tally.overflowed = overflowed(self._receiver)
        return self.tally

    def _send(self, first: int, end: int) -> None:
        send, sent_at, now = self._flow.send, self.tally.sent_ns.append, time.time_ns
        for number in range(first, end):
            sent_at(now())
            try:
                send(number)
            except OSError as error:
                self.tally.refusals[error.errno or 0] += 1
        self.tally.rtt_ns += [UNANSWERED] * (end - first)

    def _send_paced(self, first: int, end: int, next_at: float, interval_s: float) -> float:
        for number in range(first, end):
            self._listen(next_at - time.perf_counter(), lambda: False)
            self._send(number, number + 1)
            next_at += interval_s
        return next_at

    def _drain(self) -> None:
        """Match everything that lies in the receive queue."""
        receive, match, tally = self._receiver.recvmsg, self._flow.match, self.tally
        sent, sent_ns, rtt_ns = len(tally.sent_ns), tally.sent_ns, tally.rtt_ns
        while True:
            try:
                packet, ancillary, _, _ = receive(SNAP_BYTES, 64)
            except BlockingIOError:
                return
            number = match(packet, sent)
            if number < 0:
                tally.alien += 1
            elif rtt_ns[number] != UNANSWERED:
                tally.dup += 1
            else:
                rtt_ns[number] = max(arrival_ns(ancillary) - sent_ns[number], 0)
                tally.answered += 1
                tally.first_reply = tally.first_reply or packet

    def _linger(self, first: int) -> None:
        """Give a path with a delay the time to answer a batch, so that what is under way stays about one batch."""
        rtt_ns = self.tally.rtt_ns
        if not self.tally.missing or UNANSWERED not in rtt_ns[first:]:
            return
        latest = sorted(rtt for rtt in rtt_ns[-2 * BATCH :] if rtt != UNANSWERED)
        if latest:
            self._typical_rtt_s = latest[len(latest) // 2] / 1e9
        wait_s = min(4 * self._typical_rtt_s, LONGEST_LINGER_S) if first or latest else FIRST_LINGER_S
        if wait_s >= POLL_RESOLUTION_S:
            self._listen(wait_s, lambda: UNANSWERED not in rtt_ns[first:])

    def _listen(self, wait_s: float, done: Callable[[], bool]) -> None:
        """Match replies for ``wait_s`` seconds, or until ``done``."""
        until = time.perf_counter() + wait_s
        while not done() and (left_s := until - time.perf_counter()) > 0:
            self._poll.poll(left_s * 1000)
            self._drain()

    def _await_rest(self) -> None:
        if self._pace.listen_s is not None:
            self._listen(self._pace.listen_s, lambda: False)
            return
        self._listen(self._pace.deadline_s, self._complete)
        if self._slow():
            self._listen(self._pace.deadline_s, self._complete)

    def _complete(self) -> bool:
        return self.tally.missing == 0

    def _slow(self) -> bool:
        """Whether replies that are still missing may be under way: some came late, or nearly so."""
        near_ns = self._pace.deadline_s * 1e9 / 2
        return sum(rtt > near_ns for rtt in self.tally.rtt_ns) > SLOW_SHARE * self.tally.answered

    def _loss(self) -> float:
        return 1 - self.tally.answered / max(self.tally.sent, 1)

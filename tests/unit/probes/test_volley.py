"""The engine on a pair of connected sockets: one end is the probe's, the other the network's."""

from __future__ import annotations

import errno
import socket
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.probes.summary import again_if_spoilt, doubt, loss_values, quantiles
from droplab.harness.probes.volley import BATCH, Pace, Tally, Volley

PACE = Pace(deadline_s=0.02)


class Network:
    """A flow that carries probe numbers as text; ``replies`` says what comes back for each."""

    def __init__(self, far_end: socket.socket, replies: Callable[[int], list[str]]) -> None:
        self._far_end = far_end
        self._replies = replies
        self.forgotten: list[tuple[int, int]] = []

    def send(self, number: int) -> None:
        for reply in self._replies(number):
            if reply == "EPERM":
                raise PermissionError(errno.EPERM, "")
            self._far_end.send(reply.encode())

    def match(self, packet: bytes, sent: int) -> int:
        number = int(packet)
        return number if number < sent else -1

    def forget(self, first: int, end: int, loss: float) -> None:
        self.forgotten.append((first, end))


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    near.setblocking(False)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    with near, far:
        yield near, far


def fly(ends: tuple[socket.socket, socket.socket], count: int, replies: Callable[[int], list[str]]) -> Tally:
    near, far = ends
    return Volley(Network(far, replies), near, PACE).run(count)


def test_all_answered(ends: tuple[socket.socket, socket.socket]) -> None:
    tally = fly(ends, 100, lambda number: [str(number)])
    assert loss_values(tally)["loss"] == Proportion(0, 100)
    assert (tally.missing, tally.dup, tally.alien, doubt(tally)) == (0, 0, 0, None)


def test_replies_are_sorted_into_first_again_and_unknown(ends: tuple[socket.socket, socket.socket]) -> None:
    tally = fly(ends, 10, lambda number: ["777"] if number == 4 else [str(number)] * (1 + (number == 7)))
    assert (loss_values(tally)["lost"], tally.dup, tally.alien) == (1, 1, 1)


def test_what_the_own_kernel_refuses_is_lost(ends: tuple[socket.socket, socket.socket]) -> None:
    tally = fly(ends, 10, lambda number: ["EPERM"] if number < 3 else [str(number)])
    assert (loss_values(tally)["lost"], tally.missing, tally.refusals) == (3, 0, {errno.EPERM: 3})


def test_every_batch_is_forgotten_once(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    network = Network(far, lambda number: [str(number)])
    Volley(network, near, PACE).run(2 * BATCH + 1)
    assert network.forgotten == [(0, BATCH), (BATCH, 2 * BATCH), (2 * BATCH, 2 * BATCH + 1)]


def test_listening_forgets_nothing_before_its_end(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    network = Network(far, lambda number: [])
    Volley(network, near, Pace(deadline_s=0.01, listen_s=0.02)).run(2 * BATCH)
    assert network.forgotten == [(0, 2 * BATCH)]


def test_a_reply_after_the_deadline_is_late_and_not_on_time() -> None:
    tally = Tally(deadline_s=0.5, sent_ns=[0, 0, 0], rtt_ns=[100_000_000, 600_000_000, -1], answered=2)
    assert loss_values(tally) == {"loss": Proportion(2, 3), "lost": 2, "late": 1, "dup": 0, "rtt_p50_s": 0.1}
    assert "raise deadline_s" in str(doubt(tally))


def test_an_overflown_queue_is_doubt() -> None:
    assert "receive queue" in str(doubt(Tally(deadline_s=0.5, overflowed=1)))
    assert "send queue" in str(doubt(Tally(deadline_s=0.5, sent_ns=[0], refusals=Counter([errno.EAGAIN]))))


def test_quantiles_are_values_that_were_seen() -> None:
    assert quantiles([]) == {}
    ordered = [float(value) for value in range(101)]
    expected = {"min": 0.0, "p25": 25.0, "p50": 50.0, "p75": 75.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
    assert quantiles(ordered[::-1]) == expected


def tally_of(late: int, alien: int = 0, answered: int = 100, overflowed: int = 0) -> Tally:
    rtt_ns = [600_000_000] * late + [1000] * (answered - late) + [-1] * (100 - answered)
    return Tally(
        deadline_s=0.5, sent_ns=[0] * 100, rtt_ns=rtt_ns, answered=answered, alien=alien, overflowed=overflowed
    )


@pytest.mark.parametrize(
    ("runs", "kept"),
    [
        ([tally_of(late=1)], 0),
        ([tally_of(late=50), tally_of(late=0)], 1),
        ([tally_of(late=50), tally_of(late=2)], 0),
        ([tally_of(late=50), tally_of(late=0, alien=2)], 0),
        ([tally_of(late=50), tally_of(late=0, answered=0)], 0),
        ([tally_of(late=0, overflowed=3), tally_of(late=0)], 1),
        ([tally_of(late=0, overflowed=3), tally_of(late=0, overflowed=1)], 0),
    ],
    ids=[
        "in time",
        "a stall",
        "a delay",
        "still the first run's replies",
        "a delay beyond listening",
        "a full queue",
        "a queue that stays full",
    ],
)
def test_a_spoilt_run_is_measured_once_more(runs: list[Tally], kept: int) -> None:
    left = iter(runs)
    assert again_if_spoilt(lambda: next(left)) is runs[kept]
    assert not list(left)

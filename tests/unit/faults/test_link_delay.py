from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from droplab.faults.link.link_delay import PASSED, QUEUES, LinkDelay
from droplab.harness.errors import MachineLacks, UsageError
from tests.unit.faults.stand_in import plan, typed

SHOWN = {"tc qdisc show dev eth0": "qdisc noqueue 0: root refcnt 2 \n"}
NFQUEUE = {**SHOWN, "unshare --net sh -c iptables": ""}
NETEM = {**NFQUEUE, "unshare --net sh -c tc qdisc add dev lo root netem": ""}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"delay_ms": 50}, "netem delay 50ms"),
        ({"delay_ms": 50, "jitter_ms": 10}, "netem delay 55000us 5000us"),
        ({"delay_ms": 1}, "netem delay 1ms"),
        ({"delay_ms": 1, "jitter_ms": 1}, "netem delay 1500us 500us"),
        ({"delay_ms": 2000, "jitter_ms": 1000}, "netem delay 2500000us 500000us"),
    ],
)
def test_netem(fields: dict[str, Any], words: str) -> None:
    change = plan(LinkDelay(**fields), NETEM)
    assert typed(change.apply) == [f"tc qdisc add dev eth0 root {words}"]
    assert typed(change.revert) == ["tc qdisc del dev eth0 root"]


@pytest.mark.parametrize(
    ("listeners", "queue"), [(None, 0), ("    0   4211     0 2 65531     0     0        0  1\n", 1)]
)
def test_nfqueue_takes_a_queue_that_nobody_listens_to(listeners: str | None, queue: int) -> None:
    change = plan(LinkDelay(delay_ms=50, jitter_ms=5), NFQUEUE, {QUEUES: listeners} if listeners else {})
    program, rule = typed(change.apply)
    token = program.split()[-1]
    assert re.search(
        rf" -m droplab\.faults\.link\._delayer --queue {queue} --delay-ms 50 --jitter-ms 5 "
        r"--interface eth0 --token [0-9a-f]{16}$",
        program,
    )
    own = f"POSTROUTING -o eth0 -j NFQUEUE --queue-num {queue}"
    assert rule == f"iptables -t mangle -A {own}"
    assert typed(change.revert) == [f"iptables -t mangle -D {own}", f"pkill -f {token}"]


def test_every_plan_has_a_token_of_its_own() -> None:
    assert plan(LinkDelay(delay_ms=50), NFQUEUE).apply[0][-1] != plan(LinkDelay(delay_ms=50), NFQUEUE).apply[0][-1]


def test_nfqueue_can_be_asked_for() -> None:
    assert plan(LinkDelay(delay_ms=50, mechanism="nfqueue"), NETEM).apply[1][0] == "iptables"


def test_a_kernel_without_either() -> None:
    with pytest.raises(MachineLacks, match="neither netem nor"):
        plan(LinkDelay(delay_ms=50), SHOWN)
    with pytest.raises(MachineLacks, match="no netem"):
        plan(LinkDelay(delay_ms=50, mechanism="netem"), NFQUEUE)


def test_a_queue_that_somebody_put_there_is_left_alone() -> None:
    shown = {**NETEM, "tc qdisc show dev eth0": "qdisc tbf 8001: root refcnt 2 rate 1Mbit\n"}
    with pytest.raises(UsageError, match="has a tbf queue already"):
        plan(LinkDelay(delay_ms=50), shown)


@pytest.mark.parametrize(
    ("shown", "passed"),
    [
        ("qdisc netem 8001: root refcnt 2 limit 1000 delay 50ms\n Sent 840 bytes 12 pkt (dropped 0)\n", "12"),
        ("[7:588] -A POSTROUTING -o eth0 -j NFQUEUE --queue-num 0\n", "7"),
        ("qdisc netem 8001: root refcnt 2 limit 1000 loss 30%\n Sent 840 bytes 12 pkt (dropped 0)\n", None),
        ("[7:588] -A POSTROUTING -o eth0 -j TEE --gateway 198.18.1.3\n", None),
    ],
)
def test_what_counts_as_delayed(shown: str, passed: str | None) -> None:
    found = re.search(PASSED, shown, re.MULTILINE)
    assert (found.group(1) if found else None) == passed


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"delay_ms": 0},
        {"delay_ms": 2001},
        {"delay_ms": 50, "jitter_ms": -1},
        {"delay_ms": 50, "jitter_ms": 1001},
        {"delay_ms": 0.5},
    ],
)
def test_nonsense(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LinkDelay(**fields)

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from droplab.faults.link.link_loss import LinkLoss
from droplab.harness.errors import MachineLacks, UsageError
from tests.unit.faults.stand_in import plan, typed

NOQUEUE = "qdisc noqueue 0: root refcnt 2 \n"
CLSACT = NOQUEUE + "qdisc clsact ffff: parent ffff:fff1 \n"
BPF = {"unshare --net sh -c tc qdisc add dev lo clsact": "", "tc qdisc show dev eth0": NOQUEUE}
NETEM = {**BPF, "unshare --net sh -c tc qdisc add dev lo root netem": ""}
HEAD = "tc filter add dev eth0"
PROGRAM = "4,32 0 0 4294963256,53 1 0 1288490189,6 0 0 2,6 0 0 4294967295"


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_bpf(direction: Any) -> None:
    change = plan(LinkLoss(probability=0.3, direction=direction), BPF)
    assert typed(change.apply) == [
        "tc qdisc add dev eth0 clsact",
        f"{HEAD} {direction} bpf da bytecode {PROGRAM}",
    ]
    assert typed(change.revert) == ["tc qdisc del dev eth0 clsact"]


def test_both_ways_are_two_filters() -> None:
    assert [words.split()[5] for words in typed(plan(LinkLoss(probability=0.3, direction="both"), BPF).apply)[1:]] == [
        "ingress",
        "egress",
    ]


@pytest.mark.parametrize(
    ("shown", "there"),
    [
        (f"bpf chain 0 handle 0x1 direct-action not_in_hw bytecode '{PROGRAM}'", True),
        ("bpf chain 0", False),
        ("", False),
    ],
)
def test_without_the_filter_the_hook_is_harmless(shown: str, there: bool) -> None:
    present = plan(LinkLoss(probability=0.3), BPF).present
    assert present.shows
    assert present.argv[-1] == "tc filter show dev eth0 ingress"
    assert (re.search(present.shows, shown) is not None) is there


def test_netem_is_taken_for_egress_where_the_kernel_has_it() -> None:
    change = plan(LinkLoss(probability=0.3, direction="egress"), NETEM)
    assert typed(change.apply) == ["tc qdisc add dev eth0 root netem loss 30%"]
    assert typed(change.revert) == ["tc qdisc del dev eth0 root"]


def test_bpf_is_taken_for_ingress_even_then() -> None:
    assert "clsact" in typed(plan(LinkLoss(probability=0.3), NETEM).apply)[0]


@pytest.mark.parametrize(
    ("probability", "program"),
    [
        (1, "1,6 0 0 2"),
        (0.5, "4,32 0 0 4294963256,53 1 0 2147483648,6 0 0 2,6 0 0 4294967295"),
        (1e-6, "4,32 0 0 4294963256,53 1 0 4295,6 0 0 2,6 0 0 4294967295"),
    ],
)
def test_the_bounds_are_programs(probability: float, program: str) -> None:
    assert plan(LinkLoss(probability=probability), BPF).apply[1][-1] == program


def test_a_kernel_without_either() -> None:
    with pytest.raises(MachineLacks, match="neither netem nor clsact"):
        plan(LinkLoss(probability=0.3), {})
    with pytest.raises(MachineLacks, match="no netem"):
        plan(LinkLoss(probability=0.3, direction="egress", mechanism="netem"), BPF)


def test_a_hook_that_somebody_else_uses_is_left_alone() -> None:
    with pytest.raises(UsageError, match="eth0 of web has a clsact queue already"):
        plan(LinkLoss(probability=0.3), {**BPF, "tc qdisc show dev eth0": CLSACT})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"probability": 0},
        {"probability": 1.1},
        {"probability": float("nan")},
        {"probability": 0.3, "direction": "in"},
        {"probability": 0.3, "mechanism": "netem"},
        {"probability": 0.3, "mechanism": "netem", "direction": "both"},
    ],
)
def test_nonsense(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LinkLoss(**fields)


@pytest.mark.parametrize(("probability", "probes"), [(1.0, 300), (0.3, 3211), (0.01, 20_000)])
def test_a_smaller_share_takes_more_probes(probability: float, probes: int) -> None:
    assert LinkLoss(probability=probability).signature().trigger.parameters["count"] == probes

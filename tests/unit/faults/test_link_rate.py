from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from droplab.faults.link.link_rate import LinkRate
from droplab.harness.errors import MachineLacks, UsageError
from tests.unit.faults.stand_in import plan, typed

SHOWN = {"tc qdisc show dev eth0": "qdisc noqueue 0: root refcnt 2 \n"}
TBF = {**SHOWN, "unshare --net sh -c tc qdisc add dev lo root tbf": ""}
NETEM = {**SHOWN, "unshare --net sh -c tc qdisc add dev lo root netem": ""}


def test_tbf() -> None:
    change = plan(LinkRate(rate_kbit=512), {**TBF, **NETEM})
    assert typed(change.apply) == ["tc qdisc add dev eth0 root tbf rate 512kbit burst 1600 limit 100000"]
    assert typed(change.revert) == ["tc qdisc del dev eth0 root"]


@pytest.mark.parametrize(
    ("rate_kbit", "shown", "there"),
    [
        (512, "512Kbit", True),
        (1_000, "1Mbit", True),
        (1_500, "1500Kbit", True),
        (50_000, "50Mbit", True),
        (512, "100Mbit", False),
        (5_000, "50Mbit", False),
    ],
)
def test_a_higher_rate_is_a_repair(rate_kbit: int, shown: str, there: bool) -> None:
    present = plan(LinkRate(rate_kbit=rate_kbit), TBF).present
    assert present.shows
    line = f"qdisc tbf 8001: root refcnt 3 rate {shown} burst 1600b lat 21.9ms "
    assert (re.search(present.shows, line) is not None) is there


@pytest.mark.parametrize(("limit", "packets"), [(100_000, 69), (3_000, 2)])
def test_netem_counts_packets(limit: int, packets: int) -> None:
    change = plan(LinkRate(rate_kbit=64, limit=limit), NETEM)
    assert typed(change.apply) == [f"tc qdisc add dev eth0 root netem rate 64kbit limit {packets}"]


def test_a_kernel_without_either() -> None:
    with pytest.raises(MachineLacks, match="no sch_tbf or sch_netem"):
        plan(LinkRate(rate_kbit=512), SHOWN)
    with pytest.raises(MachineLacks, match="no sch_netem"):
        plan(LinkRate(rate_kbit=512, mechanism="netem"), TBF)


def test_a_queue_that_somebody_put_there_is_left_alone() -> None:
    with pytest.raises(UsageError, match="has a htb queue already"):
        plan(LinkRate(rate_kbit=512), {**TBF, "tc qdisc show dev eth0": "qdisc htb 1: root refcnt 2\n"})


@pytest.mark.parametrize(("rate_kbit", "count"), [(64, 4), (512, 6), (50_000, 32)])
def test_the_trigger_fills_the_line_for_a_while_and_waits_for_all_of_it(rate_kbit: int, count: int) -> None:
    wanted = LinkRate(rate_kbit=rate_kbit).signature().trigger.parameters
    assert wanted["count"] == count
    assert 0.2 + 8 * 1442 * count / (1000 * rate_kbit) < wanted["deadline_s"] < 2


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"rate_kbit": 63},
        {"rate_kbit": 50_001},
        {"rate_kbit": 512, "limit": 2_999},
        {"rate_kbit": 512, "mechanism": "htb"},
        {"rate_kbit": "512kbit"},
    ],
)
def test_nonsense(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LinkRate(**fields)

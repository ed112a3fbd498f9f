from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from droplab.faults.link.tbf_burst import TbfBurst
from droplab.harness.errors import MachineLacks
from tests.unit.faults.stand_in import TAKES_ALL, plan, typed

SHOWN = {"tc qdisc show dev eth0": "qdisc noqueue 0: root refcnt 2 \n"}


def test_plan() -> None:
    change = plan(TbfBurst(burst=500), {**SHOWN, **TAKES_ALL})
    assert typed(change.apply) == ["tc qdisc add dev eth0 root tbf rate 10000kbit burst 500 limit 30000"]
    assert typed(change.revert) == ["tc qdisc del dev eth0 root"]


def test_a_kernel_without_tbf() -> None:
    with pytest.raises(MachineLacks, match="no tbf"):
        plan(TbfBurst(burst=500), SHOWN)


@pytest.mark.parametrize(("shown", "there"), [("498b", True), ("1399b", True), ("1600b", False), ("64Kb", False)])
def test_a_burst_of_a_frame_is_a_repair(shown: str, there: bool) -> None:
    present = plan(TbfBurst(burst=500), {**SHOWN, **TAKES_ALL}).present
    assert present.shows
    line = f"qdisc tbf 8001: root refcnt 2 rate 10Mbit burst {shown} lat 23.6ms "
    assert (re.search(present.shows, line) is not None) is there


@pytest.mark.parametrize("burst", [150, 500, 1400])
def test_the_triggers_frame_is_larger_than_the_burst_and_smaller_than_a_full_one(burst: int) -> None:
    frame = TbfBurst(burst=burst).signature().trigger.parameters["size"] + 42
    assert burst < frame < 1514


@pytest.mark.parametrize(
    "fields", [{}, {"burst": 149}, {"burst": 1401}, {"burst": 500, "rate_kbit": 999}, {"burst": 500, "limit": 1}]
)
def test_nonsense(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TbfBurst(**fields)

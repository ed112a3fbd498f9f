from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from droplab.faults.tcp.reserved_ports import FILE, ReservedPorts
from droplab.harness.errors import UsageError
from tests.unit.faults.stand_in import plan, typed

SET = "sysctl -qw net.ipv4.ip_local_reserved_ports="


@pytest.mark.parametrize("before", ["", "8080", "8080,9000-9010"])
def test_what_was_reserved_before_comes_back(before: str) -> None:
    change = plan(ReservedPorts(), {}, {FILE: f"{before}\n"})
    assert typed(change.apply) == [f"{SET}32768-60999"]
    assert typed(change.revert) == [f"{SET}{before}"]


@pytest.mark.parametrize(
    ("shown", "there", "as_before"),
    [("32768-60999", True, False), ("8080", False, True), ("8080,32768-60999", False, False), ("", False, False)],
)
def test_only_these_very_ports_are_ours(shown: str, there: bool, as_before: bool) -> None:
    change = plan(ReservedPorts(), {}, {FILE: "8080\n"})
    line = f"net.ipv4.ip_local_reserved_ports = {shown}\n"
    assert change.present.shows
    assert change.original
    assert change.original.shows
    assert (re.search(change.present.shows, line) is not None) is there
    assert (re.search(change.original.shows, line) is not None) is as_before


def test_ports_upside_down() -> None:
    with pytest.raises(UsageError, match=r"^reserved_ports: the first port is above the last \(got 90-80\)$"):
        plan(ReservedPorts(ports="90-80"), {}, {FILE: "\n"})


@pytest.mark.parametrize("ports", ["", "80", "1-2,3", "a-b", "0-9"])
def test_nonsense(ports: str) -> None:
    with pytest.raises(ValidationError):
        ReservedPorts(ports=ports)

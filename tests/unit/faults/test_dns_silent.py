from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from droplab.faults.dns.dns_silent import DnsSilent
from droplab.harness.contracts.trace import OwnCounter
from tests.unit.faults.stand_in import plan, typed

UDP, TCP = "INPUT -p udp --dport 53 -j DROP", "INPUT -p tcp --dport 53 -j DROP"


def test_plan() -> None:
    change = plan(DnsSilent(), {})
    assert typed(change.apply) == [f"iptables -A {UDP}", f"iptables -A {TCP}"]
    assert typed(change.revert) == [f"iptables -D {UDP}", f"iptables -D {TCP}"]


def test_half_a_repair_is_none() -> None:
    script = plan(DnsSilent(), {}).present.argv[-1]
    assert f"iptables -C {UDP} || iptables -C {TCP}" in script


@pytest.mark.parametrize(
    ("rule", "counted"),
    [
        ("[3:180] -A INPUT -p udp -m udp --dport 53 -j DROP", "3"),
        ('[3:180] -A INPUT -p udp -m udp --dport 53 -m string --hex-string "|1c|" --algo bm -j DROP', None),
        ("[3:180] -A INPUT -p udp -m udp --dport 5353 -j DROP", None),
    ],
)
def test_only_its_own_rule_is_counted(rule: str, counted: str | None) -> None:
    (trace,) = DnsSilent().signature().traces
    assert isinstance(trace, OwnCounter)
    found = re.search(trace.pattern, rule, re.MULTILINE)
    assert (found.group(1) if found else None) == counted


def test_another_port_is_probed_too() -> None:
    fault = DnsSilent(port=5353)
    assert "--dport 5353" in typed(plan(fault, {}).apply)[0]
    assert fault.signature().trigger.parameters["port"] == 5353


@pytest.mark.parametrize("port", [0, 65536, "53"])
def test_nonsense(port: object) -> None:
    with pytest.raises(ValidationError):
        DnsSilent.model_validate({"port": port})

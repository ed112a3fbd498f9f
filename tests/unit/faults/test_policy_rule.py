from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.ip.policy_rule import PolicyRule
from droplab.harness.contracts.trace import OwnCounter

from .answers import Answers, words


def test_commands() -> None:
    change = PolicyRule().plan(Answers())
    assert words(change) == (
        [
            "ip rule add pref 100 fwmark 0x7 lookup 100",
            "ip route add blackhole default table 100",
            "iptables -t mangle -A OUTPUT -m length --length 1001:65535 -j MARK --set-mark 0x7",
        ],
        [
            "iptables -t mangle -D OUTPUT -m length --length 1001:65535 -j MARK --set-mark 0x7",
            "ip route del blackhole default table 100",
            "ip rule del pref 100 fwmark 0x7 lookup 100",
        ],
    )


def test_presence_is_this_rule_and_no_other() -> None:
    present = PolicyRule().plan(Answers()).present
    assert present.holds(Answers({"ip rule": "0:\tfrom all lookup local\n100:\tfrom all fwmark 0x7 lookup 100\n"}))
    assert not present.holds(Answers({"ip rule": "1100:\tfrom all fwmark 0x7 lookup 100\n"}))
    assert not present.holds(Answers({"ip rule": "100:\tfrom all fwmark 0x70 lookup 100\n"}))


def test_the_counter_is_that_of_the_mark() -> None:
    counter = PolicyRule().signature().traces[0]
    assert isinstance(counter, OwnCounter)
    line = "     305   376980 MARK  0  --  *  *  0.0.0.0/0  0.0.0.0/0  length 1001:65535 MARK set 0x{mark}\n"
    listed = "iptables -t mangle -nvxL OUTPUT"
    assert counter.read(Answers({listed: line.format(mark="7")}), Answers()) == 305
    assert counter.read(Answers({listed: line.format(mark="71")}), Answers()) == 0


@pytest.mark.parametrize("longer_than", [84, 1000, 1499])
def test_the_trigger_is_longer_than_the_rule_and_fits_the_link(longer_than: int) -> None:
    size = PolicyRule(longer_than=longer_than).signature().trigger.parameters["size"]
    assert longer_than < size + 28 <= 1500


@pytest.mark.parametrize(
    "parameters",
    [{"longer_than": 1500}, {"longer_than": 60}, {"mark": 0}, {"mark": 2**32}, {"table": 254}, {"priority": 0}],
)
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PolicyRule.model_validate(parameters)

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.ip.ttl_1 import Ttl1
from droplab.harness.contracts.trace import OwnCounter

from .answers import Answers, words

NODE = Answers(files={"/proc/sys/net/ipv4/ip_default_ttl": "64\n"})


def test_the_default_is_set_and_put_back() -> None:
    change = Ttl1().plan(NODE)
    assert words(change) == (["sysctl -qw net.ipv4.ip_default_ttl=1"], ["sysctl -qw net.ipv4.ip_default_ttl=64"])
    assert change.original is not None
    assert change.original.holds(Answers({"sysctl -n net.ipv4.ip_default_ttl": "64\n"}))
    assert not change.present.holds(Answers({"sysctl -n net.ipv4.ip_default_ttl": "128\n"}))


def test_the_rule_is_appended_and_deleted_by_its_words() -> None:
    change = Ttl1(by="rule", ttl=2).plan(NODE)
    assert words(change) == (
        ["iptables -t mangle -A POSTROUTING -j TTL --ttl-set 2"],
        ["iptables -t mangle -D POSTROUTING -j TTL --ttl-set 2"],
    )


def test_the_rule_counts_for_itself() -> None:
    counter = Ttl1(by="rule").signature().traces[1]
    assert isinstance(counter, OwnCounter)
    listing = "      12      720 TTL  0  --  *  *  0.0.0.0/0  0.0.0.0/0  TTL set to 1\n"
    shown = Answers({"iptables -t mangle -nvxL POSTROUTING": listing})
    assert counter.read(shown, shown) == 12


@pytest.mark.parametrize("parameters", [{"ttl": 0}, {"ttl": 256}, {"by": "magic"}, {"hops": 1}])
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Ttl1.model_validate(parameters)

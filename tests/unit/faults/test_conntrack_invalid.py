"""A stateful firewall that forgets: three parts, each put back only while it is ours."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.conntrack_invalid import LOOSE, TIMEOUT, ConntrackInvalid
from tests.unit.faults.stand_in import plan, typed

RULE = "INPUT -m conntrack --ctstate INVALID -j DROP"
USUAL = {f"sysctl -n {LOOSE}": "1\n", f"sysctl -n {TIMEOUT}": "432000\n"}


def test_the_commands() -> None:
    change = plan(ConntrackInvalid(forgets_after_s=5), USUAL)
    assert typed(change.apply) == [f"sysctl -qw {LOOSE}=0", f"sysctl -qw {TIMEOUT}=5", f"iptables -A {RULE}"]
    assert typed(change.revert) == [
        f"iptables -D {RULE}",
        f'sh -c [ "$(sysctl -n {LOOSE})" != 0 ] || sysctl -qw {LOOSE}=1',
        f'sh -c [ "$(sysctl -n {TIMEOUT})" != 5 ] || sysctl -qw {TIMEOUT}=432000',
    ]


def test_each_part_alone_counts_as_being_there() -> None:
    (*_, asked) = plan(ConntrackInvalid(), USUAL).present.argv
    assert asked == (
        f'[ "$(sysctl -n {LOOSE})" = 0 ] || [ "$(sysctl -n {TIMEOUT})" = 1 ] || iptables -C {RULE} 2>/dev/null'
    )


def test_a_rule_of_the_node_is_neither_added_nor_deleted() -> None:
    change = plan(ConntrackInvalid(), {**USUAL, f"iptables -C {RULE}": ""})
    assert typed(change.apply) == [f"sysctl -qw {LOOSE}=0", f"sysctl -qw {TIMEOUT}=1"]
    assert not [argv for argv in change.revert if argv[0] == "iptables"]
    assert RULE not in change.present.argv[-1]


@pytest.mark.parametrize("seconds", [0, 61, "5", 1.5])
def test_out_of_bounds(seconds: object) -> None:
    with pytest.raises(ValidationError, match="forgets_after_s"):
        ConntrackInvalid.model_validate({"forgets_after_s": seconds})

"""A chain whose policy is DROP: rules first, policy last, and back in the other order."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.policy_drop import PolicyDrop
from tests.unit.faults.stand_in import plan, typed


def test_what_is_accepted_comes_before_the_policy() -> None:
    change = plan(PolicyDrop(accept=["-i lo", "-p tcp --dport 22"]), {})
    assert typed(change.apply) == [
        "iptables -A INPUT -i lo -j ACCEPT",
        "iptables -A INPUT -p tcp --dport 22 -j ACCEPT",
        "iptables -P INPUT DROP",
    ]
    assert typed(change.revert) == [
        "iptables -P INPUT ACCEPT",
        "iptables -D INPUT -p tcp --dport 22 -j ACCEPT",
        "iptables -D INPUT -i lo -j ACCEPT",
    ]


def test_a_rule_that_is_there_already_is_neither_added_nor_deleted() -> None:
    change = plan(PolicyDrop(accept=["-i lo"]), {"iptables -C INPUT -i lo -j ACCEPT": ""})
    assert typed(change.apply) == ["iptables -P INPUT DROP"]
    assert typed(change.revert) == ["iptables -P INPUT ACCEPT"]


def test_the_control_is_what_is_accepted() -> None:
    spared = [fault.signature().spared for fault in (PolicyDrop(accept=["-p icmp"]), PolicyDrop())]
    assert [each.kind for each in spared if not isinstance(each, str)] == ["ping", "arp"]


@pytest.mark.parametrize(
    ("field", "value"), [("chain", "PREROUTING"), ("accept", "-i lo"), ("accept", [1]), ("accept", ["-i 'lo"])]
)
def test_nonsense(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        PolicyDrop.model_validate({field: value})

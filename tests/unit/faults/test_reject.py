"""A REJECT rule: the commands, and what each answer looks like to the one who knocks."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.reject import Reject
from tests.unit.faults.stand_in import plan, typed


def test_the_commands() -> None:
    change = plan(Reject(reject_with="tcp-reset", port=443, chain="FORWARD"), {})
    rule = "FORWARD -p tcp --dport 443 -j REJECT --reject-with tcp-reset"
    assert typed(change.apply) == [f"iptables -A {rule}"]
    assert " ".join(change.present.argv) == f"iptables -C {rule}"
    assert typed(change.revert) == [f"iptables -D {rule}"]


def test_a_reset_is_an_answer_and_icmp_is_another() -> None:
    assert Reject(reject_with="tcp-reset").signature().becomes == ("rst",)
    assert Reject(reject_with="icmp-admin-prohibited").signature().becomes == ("icmp",)


@pytest.mark.parametrize(("field", "value"), [("reject_with", "icmp-nonsense"), ("port", 0), ("chain", "OUTPUT")])
def test_nonsense(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        Reject.model_validate({field: value})

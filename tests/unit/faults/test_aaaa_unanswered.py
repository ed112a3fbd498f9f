from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.dns.aaaa_unanswered import END_OF_NAME_AAAA_IN, AaaaUnanswered
from droplab.harness.probes.dns_message import query
from tests.unit.faults.stand_in import plan, typed

RULE = "INPUT -p udp --dport 53 -m string --algo bm --hex-string |00001c0001| -j DROP"


def test_plan() -> None:
    change = plan(AaaaUnanswered(), {})
    assert typed(change.apply) == [f"iptables -A {RULE}"]
    assert typed([change.present.argv]) == [f"iptables -C {RULE}"]
    assert typed(change.revert) == [f"iptables -D {RULE}"]


@pytest.mark.parametrize(("qtype", "hit"), [("AAAA", True), ("A", False), ("TXT", False), ("ANY", False)])
def test_the_pattern_is_in_queries_of_type_aaaa_only(qtype: str, hit: bool) -> None:
    pattern = bytes.fromhex(END_OF_NAME_AAAA_IN.strip("|"))
    assert (pattern in query(7, "www.lab.test", qtype)) is hit


def test_nonsense() -> None:
    with pytest.raises(ValidationError):
        AaaaUnanswered.model_validate({"port": 53})

"""The commands of a DROP rule in a place that `iptables -nvL` does not list, and what is refused."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.legacy_drop import LegacyDrop
from droplab.harness.contracts.trace import OwnCounter
from tests.unit.faults.stand_in import plan, typed


def test_the_rule_is_appended_found_and_deleted_by_its_own_words() -> None:
    change = plan(LegacyDrop(probability=0.25, port=80), {})
    rule = "INPUT -p tcp --dport 80 -m statistic --mode random --probability 0.25 -j DROP"
    assert typed(change.apply) == [f"iptables-legacy -A {rule}"]
    assert " ".join(change.present.argv) == f"iptables-legacy -C {rule}"
    assert typed(change.revert) == [f"iptables-legacy -D {rule}"]


def test_where_packets_leave_the_port_is_their_source() -> None:
    change = plan(LegacyDrop(chain="OUTPUT", port=80), {})
    assert typed(change.apply) == ["iptables-legacy -A OUTPUT -p tcp --sport 80 -j DROP"]


def test_it_is_counted_where_it_is() -> None:
    counter = LegacyDrop(probability=0.3).signature().traces[0]
    assert isinstance(counter, OwnCounter)
    assert " ".join(counter.argv) == "iptables-legacy-save -c -t filter"
    saved = "[8:300] -A INPUT -m statistic --mode random --probability 0.29999999981 -j DROP\n"
    found = re.search(counter.pattern, saved, re.MULTILINE)
    assert found
    assert found[1] == "8"


@pytest.mark.parametrize(
    ("field", "value"),
    [("probability", 0.0), ("probability", 1.1), ("port", 0), ("port", 65536), ("chain", "PREROUTING")],
)
def test_out_of_bounds(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        LegacyDrop.model_validate({field: value})

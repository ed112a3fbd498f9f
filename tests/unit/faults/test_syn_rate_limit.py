"""A limit on new connections: the commands, and a trigger that is faster than the limit."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.syn_rate_limit import SynRateLimit
from tests.unit.faults.stand_in import plan, typed


def test_the_commands() -> None:
    change = plan(SynRateLimit(per_second=20, burst=5, port=80), {})
    rule = (
        "INPUT -p tcp --dport 80 --syn -m hashlimit --hashlimit-above 20/second --hashlimit-burst 5 "
        "--hashlimit-mode srcip --hashlimit-name syn -j DROP"
    )
    assert typed(change.apply) == [f"iptables -A {rule}"]
    assert typed(change.revert) == [f"iptables -D {rule}"]


@pytest.mark.parametrize(("per_second", "burst"), [(1, 1), (1, 1000), (1000, 1), (1000, 1000)])
def test_the_trigger_goes_over_the_limit_and_the_burst(per_second: int, burst: int) -> None:
    pace = SynRateLimit(per_second=per_second, burst=burst).signature().trigger.parameters
    passed = burst + pace["count"] / pace["rate_pps"] * per_second
    assert pace["count"] - passed > 0.45 * pace["count"]


@pytest.mark.parametrize(
    ("field", "value"), [("per_second", 0), ("per_second", 1001), ("burst", 0), ("burst", 1001), ("per", "day")]
)
def test_out_of_bounds(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        SynRateLimit.model_validate({field: value})

from __future__ import annotations

import pytest

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.errors import UsageError
from droplab.harness.scoring.cases import NODES, cases, chosen, severest

EVERY = cases(Catalogue())


def test_every_kind_of_the_catalogue_and_healthy() -> None:
    assert {case.kind for case in EVERY} == {*Catalogue().fault_kinds(), None}
    ids = [case.id for case in EVERY]
    assert len(ids) == len(set(ids))
    assert all(case.victim in NODES for case in EVERY)


def test_every_case_is_a_fault_that_can_be_made() -> None:
    for case in EVERY:
        if case.kind:
            Catalogue().fault(case.kind)(**case.parameters)


def test_severities_go_from_severe_to_mild() -> None:
    assert [case.id for case in cases(Catalogue(), ["iptables_drop"], lookalikes=False)] == [
        "iptables_drop probability=0.3",
        "iptables_drop probability=0.1",
        "iptables_drop probability=0.03",
    ]


def test_look_alikes_are_the_other_kind() -> None:
    (alike,) = (case for case in EVERY if case.like == "rp_filter")
    assert (alike.id, alike.kind, alike.parameters) == (
        "iptables_drop like rp_filter",
        "iptables_drop",
        {"chain": "INPUT"},
    )

    (routed,) = (case for case in EVERY if case.like == "ip_forward_off")
    assert routed.node == "router", "a rule of chain FORWARD is only felt there"


def test_severest_keeps_one_of_each() -> None:
    few = severest(cases(Catalogue(), lookalikes=False))
    assert len(few) == len(Catalogue().fault_kinds()) + 1


def test_chosen_by_kind_or_by_id() -> None:
    assert [case.id for case in chosen(EVERY, ["mtu mtu=100", "healthy"])] == ["mtu mtu=100", "healthy"]
    assert {case.kind for case in chosen(EVERY, ["mtu"])} == {"mtu"}
    with pytest.raises(UsageError, match="no case is called 'mut'; did you mean mtu"):
        chosen(EVERY, ["mut"])

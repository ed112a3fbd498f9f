from __future__ import annotations

from typing import Any

import pytest

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.definition.lab import FaultUse
from droplab.harness.engine.report import FaultReport, Proof
from droplab.harness.engine.session import UNPROVEN
from droplab.harness.errors import UsageError
from droplab.harness.scoring.truth import Truth, direction

CATALOGUE = Catalogue()


def truth(kind: str, **parameters: Any) -> Truth:
    use = FaultUse("it", kind, "nginx", CATALOGUE.fault(kind)(**parameters))
    proof: Proof = UNPROVEN
    return Truth.of(use, FaultReport("it", kind, "nginx", use.fault.model_dump(), ("a command",), proof), CATALOGUE)


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        ("iptables_drop", {"chain": "INPUT"}, "in"),
        ("iptables_drop", {"chain": "OUTPUT"}, "out"),
        ("iptables_drop", {"chain": "FORWARD"}, "through"),
        ("mtu", {"mtu": 100}, "in"),
        ("no_return_route", {}, "in"),
        ("ip_forward_off", {}, "through"),
    ],
)
def test_direction(kind: str, parameters: dict[str, Any], expected: str) -> None:
    assert direction(CATALOGUE.fault(kind)(**parameters)) == expected


def test_what_is_known_of_a_fault() -> None:
    found = truth("iptables_drop", chain="INPUT", probability=0.3)
    assert (found.layer, found.drop_reason, found.node) == ("netfilter", "NETFILTER_DROP", "nginx")
    assert found.agrees(60, 200)
    assert not found.agrees(0, 200)
    assert not found.agrees(120, 200)


def test_only_a_probability_can_be_agreed_with() -> None:
    with pytest.raises(UsageError, match="mtu does not drop with a probability"):
        truth("mtu", mtu=100).agrees(3, 10)

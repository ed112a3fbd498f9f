"""A DROP rule of the filter table: the commands, how it is counted, what is refused."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.iptables_drop import IptablesDrop
from droplab.harness.contracts.trace import OwnCounter
from tests.unit.faults.stand_in import plan, typed


def test_the_rule_is_appended_found_and_deleted_by_its_own_words() -> None:
    change = plan(IptablesDrop(probability=0.3), {})
    rule = "INPUT -m statistic --mode random --probability 0.3 -j DROP"
    assert typed(change.apply) == [f"iptables -A {rule}"]
    assert " ".join(change.present.argv) == f"iptables -C {rule}"
    assert typed(change.revert) == [f"iptables -D {rule}"]


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (IptablesDrop(), "INPUT -j DROP"),
        (IptablesDrop(port=80, chain="OUTPUT"), "OUTPUT -p tcp --sport 80 -j DROP"),
        (IptablesDrop(every=3, syn=True), "INPUT -p tcp --syn -m statistic --mode nth --every 3 --packet 0 -j DROP"),
        (
            IptablesDrop(source="198.18.1.0/24", length=1000, protocol="udp", port=53),
            "INPUT -s 198.18.1.0/24 -p udp --dport 53 -m length --length 1000:65535 -j DROP",
        ),
        (IptablesDrop(match="-p icmp --icmp-type 3/4"), "INPUT -p icmp --icmp-type 3/4 -j DROP"),
    ],
)
def test_the_words_of_a_rule(fault: IptablesDrop, rule: str) -> None:
    assert typed(plan(fault, {}).apply) == [f"iptables -A {rule}"]


def counted(fault: IptablesDrop, saved: str) -> int:
    counter = fault.signature().traces[0]
    assert isinstance(counter, OwnCounter)
    found = re.search(counter.pattern, saved, re.MULTILINE)
    return int(found.group(1)) if found else 0


def test_the_last_rule_that_fits_is_the_one_that_was_appended() -> None:
    saved = (
        ":INPUT ACCEPT [5:5]\n"
        "[7:300] -A INPUT -p tcp -m tcp --dport 80 -j DROP\n"
        "[8:300] -A INPUT -m statistic --mode random --probability 0.29999999981 -j DROP\n"
        "[9:300] -A OUTPUT -j DROP\n"
    )
    assert counted(IptablesDrop(probability=0.3), saved) == 8
    assert counted(IptablesDrop(port=80), saved) == 7
    assert counted(IptablesDrop(), saved) == 8
    assert counted(IptablesDrop(port=8080), saved) == 0


def test_a_length_is_shown_by_what_is_just_as_long_and_spares_what_is_a_byte_shorter() -> None:
    signature = IptablesDrop(length=1000, port=80).signature()
    assert (signature.trigger.kind, signature.trigger.parameters["payload"]) == ("syn", 960)
    spared = signature.spared
    assert not isinstance(spared, str)
    assert (spared.kind, spared.parameters["payload"]) == ("syn", 959)
    signature = IptablesDrop(length=1000).signature()
    assert (signature.trigger.kind, signature.trigger.parameters["size"]) == ("ping", 972)


def test_what_a_router_forwards_is_probed_through_it() -> None:
    assert IptablesDrop(chain="FORWARD", port=80).signature().trigger.role == "through"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("probability", 0.0), ("probability", 1.1), ("every", 1), ("port", 0), ("port", 65536), ("length", 59),
        ("length", 1501), ("source", "nginx"), ("chain", "PREROUTING"), ("match", "-p udp 'x"),
    ],
)  # fmt: skip
def test_out_of_bounds(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        IptablesDrop.model_validate({field: value})


def test_nonsense() -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        IptablesDrop(probability=0.5, every=2)
    with pytest.raises(ValidationError, match="no ports"):
        IptablesDrop(protocol="icmp", port=80)
    with pytest.raises(ValidationError, match="syn needs tcp"):
        IptablesDrop(protocol="udp", syn=True)

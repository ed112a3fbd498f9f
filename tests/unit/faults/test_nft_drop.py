"""A drop in a table of nft's own: the commands for each hook, and what is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.nft_drop import NftDrop
from droplab.harness.errors import UsageError
from tests.unit.faults.stand_in import plan, typed

TAKEN = {"nft --check add table": ""}


def rule(fault: NftDrop) -> str:
    """Match and verdict, as typed."""
    return plan(fault, TAKEN).apply[2][1].partition(f" {fault.hook} ")[2]


def test_a_table_of_its_own() -> None:
    change = plan(NftDrop(probability=0.3), TAKEN)
    assert typed(change.apply) == [
        "nft add table inet guard",
        "nft add chain inet guard input { type filter hook input priority -150; policy accept; }",
        "nft add rule inet guard input meta protocol ip numgen random mod 1000000 < 300000 counter drop",
    ]
    assert typed(change.revert) == ["nft delete table inet guard"]
    assert " ".join(change.present.argv) == "nft list table inet guard"


def test_the_hooks_of_an_interface_are_of_another_family() -> None:
    change = plan(NftDrop(hook="egress", port=80, interface="eth1", table="edge"), TAKEN)
    assert typed(change.apply) == [
        "nft add table netdev edge",
        "nft add chain netdev edge egress { type filter hook egress device eth1 priority -150; policy accept; }",
        "nft add rule netdev edge egress meta protocol ip tcp sport 80 counter drop",
    ]


def test_the_words_of_a_rule() -> None:
    assert rule(NftDrop()) == "meta protocol ip counter drop"
    assert rule(NftDrop(probability=1.0)) == rule(NftDrop(probability=0.9999999)) == "meta protocol ip counter drop"
    assert rule(NftDrop(probability=1e-6)) == "meta protocol ip numgen random mod 1000000 < 1 counter drop"
    assert rule(NftDrop(every=3, syn=True, port=80)) == (
        "meta protocol ip tcp dport 80 tcp flags & (fin | syn | rst | ack) == syn numgen inc mod 3 == 0 counter drop"
    )


def test_a_table_that_is_there_is_somebody_elses() -> None:
    with pytest.raises(UsageError, match=r"^nft_drop: web has a table inet guard already; give another name: table$"):
        plan(NftDrop(), {**TAKEN, "nft list table inet guard": "table inet guard {\n}\n"})


def test_a_word_of_nft_is_no_name() -> None:
    with pytest.raises(UsageError, match="does not take drop as the name of a table"):
        plan(NftDrop(table="drop"), {})


@pytest.mark.parametrize(
    ("field", "value"),
    [("probability", 0.0), ("every", 1), ("every", 1_000_001), ("port", 0), ("table", "a b"), ("table", ""),
     ("interface", "eth0; drop"), ("hook", "lo")],
)  # fmt: skip
def test_out_of_bounds(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        NftDrop.model_validate({field: value})


def test_nonsense() -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        NftDrop(probability=0.5, every=2)
    with pytest.raises(ValidationError, match="do not pass postrouting"):
        NftDrop(syn=True, hook="postrouting")

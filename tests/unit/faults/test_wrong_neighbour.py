from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from droplab.faults.link.wrong_neighbour import WrongNeighbour
from droplab.harness.errors import UsageError
from tests.unit.faults.stand_in import plan, typed

ON_LINK = {"ip -o route get": "198.18.1.2 dev eth1 src 198.18.1.9 uid 0 \\    cache \n", "ip neigh show": ""}
WHERE = "198.18.1.2 dev eth1"
PERMANENT = "nud permanent"


@pytest.mark.parametrize("neighbour", ["nginx", "198.18.1.2"])
def test_plan(neighbour: str) -> None:
    change = plan(WrongNeighbour(neighbour=neighbour), ON_LINK)
    assert typed(change.apply) == [f"ip neigh replace 198.18.1.2 dev eth1 lladdr 02:00:00:00:00:99 {PERMANENT}"]
    assert typed(change.revert) == [f"ip neigh del {WHERE}"]


def test_a_permanent_entry_comes_back() -> None:
    shown = {**ON_LINK, "ip neigh show": "198.18.1.2 lladdr 02:00:00:00:00:02 PERMANENT \n"}
    assert typed(plan(WrongNeighbour(neighbour="nginx"), shown).revert) == [
        f"ip neigh replace {WHERE} lladdr 02:00:00:00:00:02 {PERMANENT}"
    ]


@pytest.mark.parametrize(
    ("shown", "there"),
    [
        ("198.18.1.2 dev eth1 lladdr 02:00:00:00:00:99 PERMANENT", True),
        ("198.18.1.2 dev eth1 lladdr 02:00:00:00:00:99 REACHABLE", False),
        ("198.18.1.2 dev eth1 lladdr 02:00:00:00:00:02 PERMANENT", False),
    ],
)
def test_there_or_not(shown: str, there: bool) -> None:
    present = plan(WrongNeighbour(neighbour="nginx"), ON_LINK).present
    assert present.shows
    assert (re.search(present.shows, shown) is not None) is there


@pytest.mark.parametrize(
    ("neighbour", "route", "words"),
    [
        ("nginz", "", "knows no node 'nginz'"),
        ("198.18.9.1", "198.18.9.1 via 198.18.1.1 dev eth0 src 198.18.1.9 uid 0", "not a neighbour"),
        ("198.18.9.1", "", "not a neighbour"),
        ("198.18.1.9", "local 198.18.1.9 dev lo src 198.18.1.9 uid 0", "not a neighbour"),
    ],
)
def test_whom_it_cannot_be_about(neighbour: str, route: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        plan(WrongNeighbour(neighbour=neighbour), {"ip -o route get": route})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"neighbour": ""},
        {"neighbour": "a b"},
        {"neighbour": "nginx", "mac": "03:00:00:00:00:99"},
        {"neighbour": "nginx", "mac": "02:00:00:00:00"},
        {"neighbour": "nginx", "mac": "ff:ff:ff:ff:ff:ff"},
    ],
)
def test_nonsense(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WrongNeighbour(**fields)

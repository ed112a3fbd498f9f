"""docs/faults.md is what the classes say, and the page survives whatever a class may say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.render.catalogue_page import page, section
from droplab.harness.render.catalogue_words import cell, code, prose

CATALOGUE = Catalogue()
PAGE = Path(__file__).parents[3] / "docs" / "faults.md"


@pytest.fixture(scope="module")
def generated() -> str:
    return page([(kind, layer, CATALOGUE.fault(kind)) for kind, layer in CATALOGUE.fault_kinds().items()])


def test_the_page_in_docs_is_what_the_classes_say(generated: str) -> None:
    if PAGE.read_text() != generated:
        pytest.fail("docs/faults.md is not what the classes in faults/ say; run: make docs", pytrace=False)


def test_every_kind_has_a_row_and_a_section_and_every_link_leads_somewhere(generated: str) -> None:
    assert re.findall(r"^### (\w+)$", generated, re.MULTILINE) == re.findall(
        r"^\| \[`(\w+)`\]", generated, re.MULTILINE
    )
    assert set(re.findall(r"^### (\w+)$", generated, re.MULTILINE)) == CATALOGUE.fault_kinds().keys()
    assert set(re.findall(r"\]\(#(\w+)\)", generated)) <= CATALOGUE.fault_kinds().keys()


def test_layers_go_from_the_wire_upwards(generated: str) -> None:
    layers = re.findall(r"^## (\w+)$", generated, re.MULTILINE)
    assert layers[:3] == ["link", "ip", "netfilter"]
    assert set(layers) == set(CATALOGUE.fault_kinds().values())


def test_every_row_of_a_table_has_its_columns(generated: str) -> None:
    rows = [line for line in generated.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5, 6}


def test_a_section_says_all_that_its_class_says() -> None:
    said = section("mtu", "link", CATALOGUE.fault("mtu"))
    for words in (
        "### mtu",
        "| `mtu` | whole number 68 to 1490 | needed | bytes; 68 is the least",
        "faults: {my_fault: {node: nginx, mtu: {mtu: 100}}}",
        "- **Symptom**: SYN and ping succeed",
        r"`netstat -i` shows `/eth0 +100 +\d+ +\d+ +[1-9]/`",
        "- **Look-alike**: A PMTU black hole",
        "- **Remedy**: ip link set dev eth0 mtu 1500",
        "- **Trigger**: `syn` (payload: 120, count: 300) from a neighbour to the node: loss rises",
        "- **Trace**: eth0 rx\\_dropped rises by more than without the fault",
        "- **Spared**: `syn` (count: 1000) from a neighbour to the node: loss stays as it was",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a * b <c> [d]", r"a \* b \<c> \[d\]"),
        ("run `tc -s *` on rx_dropped", r"run `tc -s *` on rx\_dropped"),
        ("one ` alone *", r"one \` alone \*"),
        ("two\n  lines", "two lines"),
    ],
)
def test_prose(text: str, expected: str) -> None:
    assert prose(text) == expected


def test_code_and_cells() -> None:
    assert code("a|b") == "`a|b`"
    assert code("a`b") == "`` a`b ``"
    assert cell("a|b") == r"a\|b"

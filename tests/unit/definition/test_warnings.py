# ruff: noqa: E501  (a table: one warning a line)
"""What validate warns about."""

from __future__ import annotations

from pathlib import Path

import pytest

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.definition.validation import validate
from droplab.harness.errors import DefinitionError
from tests.unit.definition.definitions import SMALL, changed, write

ONE = "one: {node: nginx, KIND: {}}"
SYN = 'syn: {node: client, syn: "nginx:80"}'
HTTP = 'page: {node: client, http: "http://nginx/"}'
REMOVED = "healthy: {syn: {loss: 0}}, solution: [{title: x, run: {nginx: x}, removes: [one]}]"


def drop(parameters: str) -> list[tuple[str, str]]:
    return [("KIND: {}", f"iptables_drop: {{{parameters}}}")]


CASES = [
    (drop("every: 3"), ["faults.one: every: 3 counts packets of all kinds, also what answers a probe, so the share of lost SYNs is not 1/3; with syn: true it is"]),
    (drop("every: 3, syn: true"), []),
    (drop("every: 3, match: -p tcp --syn"), []),
    (drop("every: 3, protocol: udp"), []),
    (drop("every: 3, match: -p icmp"), []),
    ([("KIND: {}", "mtu: {mtu: 100, interface: eth1}")], ["faults.one: nginx has no interface eth1; it has eth0 and lo"]),
    ([(", broken: {syn: {loss: 0.5}}", "")], ["broken: expects nothing, so nothing shows that one did harm"]),
    ([("broken: {syn: {loss: 0.5}}", "broken: {syn: {loss: 0}}")], ["broken: expects what healthy expects, so nothing shows that the lab is broken"]),
    ([("healthy: {syn: {loss: 0}}, ", "")], ["healthy: expects nothing, so every repair that leaves no trace is right"]),
    ([("broken:", "always: {syn: {loss: 0}}, broken:")], ["broken.syn.loss: always expects something else of it in every phase"]),
    ([(SYN, f"{SYN}, {HTTP}")], ["probes.page: nothing is expected of it, so it is never measured"]),
    ([("broken: {syn: {loss: 0.5}}", "broken: {syn: {lost: 100}}")], ["broken.syn.lost: 100 of how many? Give the probe a count"]),
    ([("{loss: 0.5}", "{lost: 100}"), ("{loss: 0}", "{lost: 0}"), ('"nginx:80"', '"nginx:80", count: 99')], ["broken.syn.lost: the probe sends 99, so 100 cannot be lost"]),
    ([("{loss: 0.5}", "{lost: 100}"), ("{loss: 0}", "{lost: 0}"), ('"nginx:80"', '"nginx:80", count: 300')], []),
    ([('"nginx:80"', '"nginx:80", count: 500'), ("loss: 0.5", "loss: [0.1, 0.9]")], ["healthy.syn.loss: 500 probes cannot show it whatever they see; give 2600 or more, or no count"]),
    ([('"nginx:80"', '"nginx:80", count: 2600')], ["broken.syn.loss: 2600 probes cannot show it whatever they see; give 9300 or more, or no count"]),
    ([('"nginx:80"', '"nginx:80", count: 9500')], []),
    ([*drop("probability: 0.3"), (SYN, f"{SYN}, {HTTP}"), ("{syn: {loss: 0.5}}", "{page: {outcome: [ok, no_response]}}")], ["broken.page.outcome: every fault is random, so this is left to chance; expect a proportion"]),
    ([(ONE, f"{ONE}, two: {{node: nginx, mtu: {{mtu: 100}}}}"), ("removes: [one]", "removes: [one, two]"), *drop("probability: 0.3"), (SYN, f"{SYN}, {HTTP}"), ("{syn: {loss: 0.5}}", "{page: {outcome: no_response}}")], []),
    ([*drop("probability: 0.3"), (SYN, f"{SYN}, {HTTP}"), ("{syn: {loss: 0.5}}", "{page: {ok_rate: [0.1, 0.9]}}")], []),
    ([*drop("probability: 0.3"), ("{syn: {loss: 0.5}}", "{syn: {lost: 30}}"), ("{loss: 0}", "{lost: 0}"), ('"nginx:80"', '"nginx:80", count: 99')], ["broken.syn.lost: a fault is random, so an exact count is left to chance; expect loss"]),
    (drop("probability: 1"), []),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), CASES, ids=[f"{number}" for number in range(len(CASES))])
def test_warnings(tmp_path: Path, changes: list[tuple[str, str]], expected: list[str]) -> None:
    text = SMALL.replace("healthy: {syn: {loss: 0}}", REMOVED)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    text = text.replace("KIND: {}", "mtu: {mtu: 100}")
    folder = write(tmp_path, text)
    assert validate(folder)[1] == [f"{folder}/lab.yaml: {words}" for words in expected]


def test_a_family_whose_ends_are_not_possible(tmp_path: Path) -> None:
    folder = write(tmp_path, changed("p: 0.25", "p: {from: 0, to: 1.5, step: 0.5}"))
    at = f"{folder}/lab.yaml:25:66: faults.drop.iptables_drop.probability"
    with pytest.raises(DefinitionError) as caught:
        validate(folder)
    assert [line for line in caught.value.problems if ": faults.drop." in line] == [
        f"{at}: must be at least 1e-06 (got 0.0) (with p=0.0)",
        f"{at}: must be at most 1 (got 1.5) (with p=1.5)",
    ]


def test_a_fault_that_depends_on_the_pace(tmp_path: Path) -> None:
    text = SMALL.replace("KIND", "limit").replace("healthy: {syn: {loss: 0}}", REMOVED)
    catalogue = Catalogue(faults="tests.unit.definition.kinds")
    (warning,) = validate(write(tmp_path, text), catalogue=catalogue)[1]
    assert warning.endswith(
        "broken.syn.loss: a fault depends on the pace of the probes; give rate_pps, and expect lost or a range"
    )
    paced = text.replace('"nginx:80"', '"nginx:80", rate_pps: 500')
    assert validate(write(tmp_path, paced), catalogue=catalogue)[1] == []


def test_a_suspect_needs_nothing_broken(tmp_path: Path) -> None:
    text = SMALL.replace("KIND", "herring").replace(", broken: {syn: {loss: 0.5}}", "")
    assert validate(write(tmp_path, text), catalogue=Catalogue(faults="tests.unit.definition.kinds"))[1] == []

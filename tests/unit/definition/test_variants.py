# ruff: noqa: E501  (a table: one mistake a line)
"""Faults that are drawn: what follows them, what can be set, and what validate says of every draw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from droplab.harness.definition.catalogue import find_lab
from droplab.harness.definition.lab import Lab
from droplab.harness.definition.loader import load
from droplab.harness.definition.schema import schema
from droplab.harness.definition.validation import validate
from droplab.harness.definition.yaml_positions import read
from droplab.harness.errors import DefinitionError, UsageError
from tests.unit.definition.definitions import problems, write

DRAWN = """\
schema: 1
title: Drawn
nodes: {client: {address: 198.18.1.2/24}, nginx: {address: 198.18.1.3/24}}
parameters:
  p: {from: 0.2, to: 0.4, step: 0.1}
  percent: {formula: 100 * p}
  table: {by: cause, values: {filter: filter, raw: raw, cold: none}}
faults:
  cause:
    one_of:
      filter: {node: nginx, iptables_drop: {chain: INPUT, probability: $p}}
      raw: {node: nginx, raw_drop: {probability: $p}}
      cold: {node: nginx, mtu: {mtu: 100}, trigger: {probe: page}}
probes:
  syn: {node: client, syn: "nginx:80"}
  page: {node: client, http: "http://nginx/"}
healthy: {syn: {loss: 0}, page: {outcome: ok}}
broken:
  syn: {when: {cause: [filter, raw]}, loss: p}
  page: {when: {cause: cold}, outcome: no_response}
story: "$percent % by $table"
solution:
  - title: Delete the rule
    when: {cause: filter}
    run: {nginx: iptables -F}
    removes: [cause]
  - title: Delete the rule of the table $table
    when: {cause: raw}
    look:
      - {when: {p: 0.2}, nginx: iptables -nvL, lacks: DROP}
      - {nginx: iptables -t raw -nvL, shows: DROP}
    run: {nginx: iptables -t raw -F}
    removes: [cause]
    expect: {syn: {when: {cause: raw}, loss: 0}}
  - {title: Restore, when: {cause: cold}, run: {nginx: ip link set eth0 mtu 1500}, removes: [cause]}
alternatives:
  - {title: Flush, when: {cause: raw}, run: {nginx: nft flush ruleset}}
hints: hints.md
"""
HINTS = "- Look.\n- [cause=raw] Deeper.\n- [cause=filter|raw] A rule.\n- [p=0.2] Not much.\n- [cause] It is there.\n"


def lab(folder: Path, **overrides: str) -> Lab:
    return load(write(folder, DRAWN, hints_md=HINTS), overrides=overrides)


@pytest.mark.parametrize(
    ("variant", "kind", "steps", "others", "broken", "hints"),
    [
        ("filter", "iptables_drop", ["Delete the rule"], [], {"syn"}, ["Look.", "A rule.", "It is there."]),
        ("raw", "raw_drop", ["Delete the rule of the table raw"], ["Flush"], {"syn"}, ["Look.", "Deeper.", "A rule.", "It is there."]),
        ("cold", "mtu", ["Restore"], [], {"page"}, ["Look.", "It is there."]),
    ],
)  # fmt: skip
def test_everything_follows_the_draw(
    tmp_path: Path, variant: str, kind: str, steps: list[str], others: list[str], broken: set[str], hints: list[str]
) -> None:
    drawn = lab(tmp_path, cause=variant, p="0.3")
    assert (drawn.faults["cause"].kind, drawn.faults["cause"].key) == (kind, "cause")
    assert [step.title for step in drawn.solution] == steps
    assert [step.removes for step in drawn.solution] == [("cause",)]
    assert [other.title for other in drawn.alternatives] == others
    assert drawn.broken.keys() == broken
    assert [hint.text for hint in drawn.hints] == hints
    assert drawn.parameters["cause"] == variant
    assert drawn.story == f"30 % by {'none' if variant == 'cold' else variant}"


def test_a_hint_of_a_variant_is_bound_to_its_fault_and_one_of_a_parameter_is_not(tmp_path: Path) -> None:
    drawn = lab(tmp_path, cause="raw", p="0.2")
    bound = {hint.text: hint.fault for hint in drawn.hints}
    assert bound == {"Look.": None, "Deeper.": "cause", "A rule.": "cause", "Not much.": None, "It is there.": "cause"}


@pytest.mark.parametrize(("share", "looks"), [("0.2", 2), ("0.3", 1)])
def test_a_look_follows_a_number(tmp_path: Path, share: str, looks: int) -> None:
    assert len(lab(tmp_path, cause="raw", p=share).solution[0].look) == looks


def test_the_seed_draws_every_variant_and_always_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path, DRAWN, hints_md=HINTS)
    seen = [load(folder, seed=seed).parameters for seed in range(30)]
    assert {values["cause"] for values in seen} == {"filter", "raw", "cold"}
    assert {values["p"] for values in seen} == {0.2, 0.3, 0.4}
    assert seen == [load(folder, seed=seed).parameters for seed in range(30)]


def test_a_variant_is_set_by_its_name_or_its_number(tmp_path: Path) -> None:
    assert [lab(tmp_path, cause=word).parameters["cause"] for word in ("1", "2", "3", "raw")] == [
        "filter", "raw", "cold", "raw",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"cause": "4"}, "--set cause: not one of the family's values (got 4); they are 1 filter, 2 raw, 3 cold"),
        ({"cause": "0"}, "--set cause: not one of the family's values (got 0); they are 1 filter, 2 raw, 3 cold"),
        ({"case": "raw"}, "--set: no parameter is called case; did you mean cause?"),
        ({"table": "raw"}, "--set table: it follows cause; set that"),
        ({"percent": "3"}, "--set percent: it follows from 100 * p; set that"),
    ],
)
def test_what_cannot_be_set(tmp_path: Path, overrides: Mapping[str, str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        lab(tmp_path, **overrides)
    assert str(caught.value) == words


def test_a_list_of_variants_is_named_by_the_kinds(tmp_path: Path) -> None:
    text = DRAWN.replace("filter: {node", "- {node").replace("raw: {node", "- {node").replace("cold: {node", "- {node")
    for old, new in (("filter", "iptables_drop"), ("raw", "raw_drop"), ("cold", "mtu")):
        text = text.replace(f"cause: {old}}}", f"cause: {new}}}").replace(f"{old}: {old}", f"{new}: {old}")
    text = text.replace("cold: none", "mtu: none").replace("[filter, raw]", "[iptables_drop, raw_drop]")
    folder = write(tmp_path, text, hints_md="- [cause=mtu] Small.\n")
    found = {load(folder, overrides={"cause": number}).parameters["cause"] for number in ("1", "2", "3")}
    assert found == {"iptables_drop", "raw_drop", "mtu"}
    assert validate(folder)[1] == []
    twice = text.replace("- {node: nginx, raw_drop: {probability: $p}}", "- {node: nginx, mtu: {mtu: 200}}")
    (line, *_) = [line for line in problems(write(tmp_path, twice)) if "second" in line]
    assert (
        line
        == "13:9: faults.cause.one_of.2: a second mtu: give the variants names of your own, one_of: {name: {...}, ...}"
    )


def told(folder: Path, *changes: tuple[str, str], hints: str = HINTS) -> list[str]:
    """What validate says is wrong, without the name of the file."""
    text = DRAWN
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    with pytest.raises(DefinitionError) as caught:
        validate(write(folder, text, hints_md=hints))
    return [line.removeprefix(f"{folder}/lab.yaml:").removeprefix(f"{folder}/") for line in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("raw_drop: {probability", "raw_drop: {porbability", "12:37: faults.cause.one_of.raw.raw_drop.porbability: unknown key; did you mean probability? (with cause=raw)"),
        ("{mtu: 100}", "{mtu: 10}", "13:38: faults.cause.one_of.cold.mtu.mtu: must be at least 68 (got 10) (with cause=cold)"),
        ("to: 0.4, step: 0.1", "to: 1.2, step: 0.5", "11:72: faults.cause.one_of.filter.iptables_drop.probability: must be at most 1 (got 1.2) (with p=1.2, cause=filter)"),
        ("run: {nginx: iptables -t raw -F}", "run: {ngnix: x}", "32:11: solution.1.run.ngnix: no node is called ngnix; did you mean nginx? (with cause=raw)"),
        ("    run: {nginx: iptables -F}\n    removes: [cause]\n", "    run: {nginx: iptables -F}\n", "11:7: faults.cause.one_of.filter: no step of the solution removes it (with cause=filter)"),
        ("when: {cause: [filter, raw]}", "when: {cause: [filter, row]}", "19:23: broken.syn.when.cause: cause is never row; did you mean raw?"),
        ("{when: {p: 0.2}", "{when: {p: 0.25}", "30:20: solution.1.look.0.when.p: p is never 0.25; did you mean 0.2? (with cause=raw)"),
        ("when: {cause: cold}, run", "when: {case: cold}, run", "35:35: solution.2.when.case: case is not drawn in this lab; did you mean cause?"),
        ("when: {cause: cold}, run", "when: cold, run", "35:28: solution.2.when: expected {NAME: value} or {NAME: [values]} of something drawn (got cold)"),
        ("when: {cause: cold}, run", "when: {cause: []}, run", "35:36: solution.2.when.cause: expected a value, or a list of values (got [])"),
        (", cold: none", "", "7:30: parameters.table.values: lacks cold, which cause may be"),
        ("cold: none", "clod: none", "7:57: parameters.table.values.clod: not one of the values of cause; did you mean cold?"),
        ("{by: cause,", "{by: percent,", "7:15: parameters.table.by: nothing is called so (got percent); known: p, cause"),
        ("100 * p", "100 * q", "6:22: parameters.percent.formula: no parameter is called q; known: p, cause (got 100 * q)"),
        ("  p: {from", "  cause: 1\n  p: {from", "5:3: parameters.cause: a drawn fault is called so already"),
        ("    one_of:\n", "    node: nginx\n    one_of:\n", "10:5: faults.cause.node: stands in each fault of one_of, not beside it"),
    ],
)  # fmt: skip
def test_mistakes_say_where_and_in_which_draw(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert words in told(tmp_path, (old, new))


def test_a_mistake_of_every_draw_is_told_once(tmp_path: Path) -> None:
    (line,) = told(tmp_path, ("page: {node: client, http", "page: {node: clinet, http"))
    assert line == "16:16: probes.page.node: no node is called clinet; did you mean client?"


def test_hints_for_what_is_never_drawn(tmp_path: Path) -> None:
    assert told(tmp_path, hints="- [cause=row] x\n- [mtu=3] y\n") == [
        "hints.md:1:3: cause is never row; did you mean raw?",
        "hints.md:2:3: mtu is not drawn in this lab; known: p, cause",
    ]


def warned(folder: Path, *changes: tuple[str, str]) -> list[str]:
    text = DRAWN
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return [line.partition("lab.yaml: ")[2] for line in validate(write(folder, text, hints_md=HINTS))[1]]


def test_a_good_one_is_good_in_every_draw(tmp_path: Path) -> None:
    assert warned(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("$percent % by", "30 % by", "story: says 30 %, but p is drawn from 0.2 to 0.4; write $x % with a parameter x: {formula: 100 * p}"),
        ("$percent % by", "35 % by", None),
        ("loss: p}\n", "loss: 0.3}\n", "broken.syn.loss: is 0.3 whatever p is, and the fault drops 0.2 or 0.3; write a formula with p"),
        ("title: Drawn", "title: Drawn $p", "title: a list of labs shows it as it is written, with the $name in it"),
        ("page: {when: {cause: cold}, outcome: no_response}", "page: {when: {cause: cold}, outcome: ok}", "broken: expects what healthy expects, so nothing shows that the lab is broken (with cause=cold)"),
        ('page: {node: client, http: "http://nginx/"}', 'page: {node: client, http: "http://nginx/"}\n  far: {node: client, ping: nginx}', "probes.far: nothing is expected of it, so it is never measured"),
    ],
)  # fmt: skip
def test_warnings(tmp_path: Path, old: str, new: str, words: str | None) -> None:
    assert warned(tmp_path, (old, new)) == ([words] if words else [])


def test_editors_know_it(tmp_path: Path) -> None:
    validator = Draft202012Validator(schema())
    data = read(write(tmp_path, DRAWN) / "lab.yaml").data
    assert list(validator.iter_errors(data)) == []
    bad = json.loads(json.dumps(data))
    bad["faults"]["cause"]["node"] = "nginx"
    assert [list(error.path) for error in validator.iter_errors(bad)] == [["faults", "cause"]]


@pytest.mark.parametrize("cause", ["raw", "mangle", "guard", "link"])
def test_the_lab_of_the_house_has_one_way_out_for_each_cause(cause: str) -> None:
    drawn = load(find_lab("one-of-four"), overrides={"cause": cause})
    assert len(drawn.solution) == 1
    assert len(drawn.hints) == 4
    assert "$" not in drawn.hints[-1].text

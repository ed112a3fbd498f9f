from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from droplab.harness.definition.loader import load
from droplab.harness.definition.parameters import draw, families
from droplab.harness.definition.problems import Problems
from droplab.harness.definition.yaml_positions import parse
from droplab.harness.errors import UsageError
from tests.unit.definition.definitions import GOOD, changed, load_text, write

FAMILY = {"a": {"from": 0.2, "to": 0.4, "step": 0.05}, "b": {"from": 1, "to": 9, "step": 2}, "c": {"one_of": ["x", 80]}}


def drawn(section: Mapping[str, Any], seed: int = 0, **overrides: str) -> dict[str, float | int | str]:
    problems = Problems(parse(b"a: 1", "lab.yaml"))
    known = families(dict(section), problems)
    problems.raise_if_any()
    return draw(known, seed, overrides)


def test_a_family_gives_every_one_of_its_values_and_no_other() -> None:
    seen = [drawn(FAMILY, seed) for seed in range(200)]
    assert {values["a"] for values in seen} == {0.2, 0.25, 0.3, 0.35, 0.4}
    assert {values["b"] for values in seen} == {1, 3, 5, 7, 9}
    assert {values["c"] for values in seen} == {"x", 80}
    assert {type(values["b"]) for values in seen} == {int}


def test_a_seed_gives_the_same_values_again() -> None:
    assert [drawn(FAMILY, seed) for seed in range(20)] == [drawn(FAMILY, seed) for seed in range(20)]


def test_a_draw_does_not_depend_on_the_other_parameters() -> None:
    alone = [drawn({"b": FAMILY["b"]}, seed)["b"] for seed in range(50)]
    among = [drawn({"z": {"one_of": [1, 2]}, **FAMILY}, seed)["b"] for seed in range(50)]
    fixed = [drawn(FAMILY, seed, a="0.2")["b"] for seed in range(50)]
    assert alone == among == fixed


def test_two_parameters_of_the_same_family_are_drawn_independently() -> None:
    coin = {"one_of": [0, 1]}
    pairs = {tuple(drawn({"a": coin, "b": coin}, seed).values()) for seed in range(100)}
    assert pairs == {(0, 0), (0, 1), (1, 0), (1, 1)}


@pytest.mark.parametrize(
    ("overrides", "value"),
    [
        ({"p": "0.4"}, 0.4),
        ({"p": "1"}, 1),
        ({"p": "1e-3"}, 0.001),
        ({"port": "8080"}, 8080),
        ({"who": "client"}, "client"),
    ],
)
def test_overrides(tmp_path: Path, overrides: dict[str, str], value: object) -> None:
    lab = load_text(tmp_path, overrides=overrides)
    assert lab.parameters[next(iter(overrides))] == value


def test_a_text_stays_a_text_and_is_found_among_numbers() -> None:
    assert drawn({"who": "nginx"}, who="80") == {"who": "80"}
    assert drawn({"who": {"one_of": [80, "90", "x"]}}, who="90") == {"who": "90"}
    assert drawn({"who": {"one_of": ["x", 80]}}, who="80") == {"who": 80}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"pp": "1"}, "--set: no parameter is called pp; did you mean p?"),
        ({"p": "high"}, "--set p: expected a number (got high)"),
        ({"p": "nan"}, "--set p: expected a number (got nan)"),
        ({"p": "1e999"}, "--set p: expected a number (got 1e999)"),
        ({"port": "81"}, "--set port: not one of the family's values (got 81); they are 80, 8080"),
        ({"mtu": "150"}, "--set mtu: not one of the family's values (got 150); they are 100, 200, 300"),
    ],
)
def test_overrides_that_do_not_fit(tmp_path: Path, overrides: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_text(tmp_path, overrides=overrides)
    assert str(caught.value) == words


def test_without_parameters_nothing_can_be_set(tmp_path: Path) -> None:
    folder = write(tmp_path, "schema: 1\ntitle: x\nnodes: {a: {address: 198.18.1.2/24}}\n")
    with pytest.raises(UsageError, match=r"^--set: no parameter is called p; the lab has no parameters$"):
        load(folder, overrides={"p": "1"})


def test_a_parameter_stands_for_itself_wherever_a_text_may_stand(tmp_path: Path) -> None:
    lab = load_text(tmp_path, changed("p: 0.25", "p: 0.000001"), overrides={"port": "8080"})
    assert lab.faults["drop"].fault.model_dump()["probability"] == 1e-6
    assert lab.solution[0].run[0][1].endswith("--probability 0.000001 -j DROP")
    assert lab.solution[0].because == "because of a rule with 0.000001"
    assert lab.probes["syn"].probe.target == "nginx:8080"
    assert lab.hints[1].text == "A rule with\na counter of 0.000001."


def test_the_seed_reaches_the_lab(tmp_path: Path) -> None:
    folder = write(tmp_path, GOOD)
    assert {load(folder, seed=seed).parameters["mtu"] for seed in range(40)} == {100, 200, 300}
    assert load(folder, seed=5) == load(folder, seed=5)

"""The parameters of every fault at their bounds: in a definition the bounds themselves are good, beyond them is not."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.definition.loader import load
from droplab.harness.definition.schema import describe
from droplab.harness.errors import DefinitionError
from tests.unit.definition.definitions import SMALL, write

CATALOGUE = Catalogue()
REMOVED = "healthy: {syn: {loss: 0}}, solution: [{title: x, run: {nginx: x}, removes: [one]}]"
SAMPLES = {"integer": 1, "number": 0.5, "string": "eth0", "boolean": True}


def bounded() -> Iterator[tuple[str, str, str, float, float]]:
    """Kind, parameter, its type, a bound, and the next value beyond it."""
    for kind in CATALOGUE.fault_kinds():
        for parameter in describe(CATALOGUE, kind)["parameters"]:
            for bound, step in (("minimum", -1), ("maximum", 1)):
                if bound in parameter:
                    at = parameter[bound]
                    beyond = at + step if parameter["type"] == "integer" else math.nextafter(at, step * math.inf)
                    yield kind, parameter["name"], parameter["type"], at, beyond


BOUNDS = list(bounded())


def required(kind: str) -> dict[str, Any]:
    """Something for every parameter that must be given, out of the fault's own example where it is there."""
    example, parameters = CATALOGUE.fault(kind).example, describe(CATALOGUE, kind)["parameters"]
    return {
        one["name"]: example.get(one["name"], one.get("minimum", SAMPLES.get(one["type"])))
        for one in parameters
        if one["required"]
    }


def load_with(folder: Path, kind: str, parameters: dict[str, Any]) -> Any:
    text = SMALL.replace("KIND: {}", f"{kind}: {json.dumps(parameters)}").replace("healthy: {syn: {loss: 0}}", REMOVED)
    return load(write(folder, text)).faults["one"].fault


def load_or_whole(folder: Path, kind: str, parameters: dict[str, Any]) -> Any:
    """The fault, or None where a rule over several parameters refuses it, told for the fault as a whole."""
    try:
        return load_with(folder, kind, parameters)
    except DefinitionError as error:
        said = str(error)
    assert f"faults.one.{kind}: " in said
    return None


def test_there_are_bounds() -> None:
    assert len(BOUNDS) >= 8


@pytest.mark.parametrize(
    ("kind", "name", "type_", "at", "beyond"), BOUNDS, ids=[f"{b[0]}.{b[1]}={b[3]}" for b in BOUNDS]
)
def test_a_bound(tmp_path: Path, kind: str, name: str, type_: str, at: float, beyond: float) -> None:
    fault = load_or_whole(tmp_path / "at", kind, {**required(kind), name: at})
    if fault is not None:
        assert getattr(fault, name) == at
        assert fault.signature()
    with pytest.raises(DefinitionError, match=rf"faults\.one\.{kind}\.{name}: must be at (least|most) "):
        load_with(tmp_path / "beyond", kind, {**required(kind), name: beyond})
    with pytest.raises(DefinitionError, match=rf"faults\.one\.{kind}\.{name}: expected .* \(got \"{at}\"\)"):
        load_with(tmp_path / "text", kind, {**required(kind), name: f"{at}"})


@pytest.mark.parametrize("kind", CATALOGUE.fault_kinds())
def test_a_fault_with_only_what_it_needs(tmp_path: Path, kind: str) -> None:
    fault = load_or_whole(tmp_path, kind, required(kind))
    if fault is not None:
        assert fault.signature()


@pytest.mark.parametrize("kind", CATALOGUE.fault_kinds())
def test_the_example_of_a_fault(tmp_path: Path, kind: str) -> None:
    example = dict(CATALOGUE.fault(kind).example)
    fault = load_with(tmp_path, kind, example)
    assert {name: getattr(fault, name) for name in example} == example

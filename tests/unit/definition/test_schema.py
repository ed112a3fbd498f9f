"""The JSON Schema accepts what the loader accepts, and knows every kind and every parameter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from droplab.harness.definition.catalogue import Catalogue, find_lab, list_labs
from droplab.harness.definition.schema import describe, schema
from droplab.harness.definition.yaml_positions import parse, read
from tests.unit.definition.definitions import GOOD, changed
from tests.unit.definition.test_house_labs import BLACK_HOLE, SLOW_NAMES

CATALOGUE = Catalogue()


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    document = schema()
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def errors(validator: Draft202012Validator, definition: Any) -> list[str]:
    return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(definition)]


@pytest.mark.parametrize("lab", [lab.id for lab in list_labs()])
def test_it_accepts_the_labs_of_the_house(validator: Draft202012Validator, lab: str) -> None:
    assert errors(validator, read(find_lab(lab) / "lab.yaml").data) == []


@pytest.mark.parametrize("text", [GOOD, BLACK_HOLE, SLOW_NAMES], ids=["everything", "black hole", "slow names"])
def test_it_accepts_what_the_loader_accepts(validator: Draft202012Validator, text: str) -> None:
    assert errors(validator, parse(text.encode(), "lab.yaml").data) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("title: Everything at once", "titel: x", ""),
        ("schema: 1", "schema: 2", "schema"),
        ("minutes: 45", "minutes: soon", "minutes"),
        ("{chain: INPUT, probability: $p}", "{chain: input}", "faults.drop.iptables_drop"),
        ("{chain: INPUT, probability: $p}", "{probability: 2}", "faults.drop.iptables_drop"),
        ("iptables_drop: {chain", "iptables_dorp: {chain", "faults.drop"),
        ("ping: 198.18.1.130, size: 1400", "ping: nginx, size: 70000", "probes.ping"),
        ("ping: 198.18.1.130, size: 1400", "ping: nginx, sise: 1", "probes.ping"),
        ("leaves: [nft, sysctl]", "leaves: [iptables]", "alternatives.0.leaves.0"),
        ("{size: 1000}", "{sise: 1000}", "nodes.nginx.files./var/www/html/big"),
        ("parameters: {p: 0.25", "parameters: {p: {from: 1}", "parameters.p"),
        ("syn: {loss: 0}", "syn: 0", "healthy.syn"),
    ],
)
def test_it_refuses(validator: Draft202012Validator, old: str, new: str, place: str) -> None:
    data = parse(changed(old, new).encode(), "lab.yaml").data
    found = errors(validator, data)
    assert any(one.startswith(f"{place}: ") for one in found), found


def test_editors_find_every_kind_and_every_parameter() -> None:
    entries = schema()["properties"]
    faults = entries["faults"]["additionalProperties"]["properties"]
    assert faults.keys() - {"node", "trigger", "one_of"} == CATALOGUE.fault_kinds().keys()
    probes = [branch["properties"] for branch in entries["probes"]["additionalProperties"]["anyOf"]]
    for kind, properties in zip(CATALOGUE.probe_kinds(), probes, strict=True):
        fields = CATALOGUE.probe(kind).model_fields.keys() - {"target"}
        assert properties.keys() == {"node", kind, *fields}
        assert all(properties[field].get("description") for field in fields)


def test_it_is_a_json_document() -> None:
    assert json.loads(json.dumps(schema())) == schema()


@pytest.mark.parametrize("kind", CATALOGUE.fault_kinds())
def test_a_fault_described(kind: str) -> None:
    described = describe(CATALOGUE, kind)
    fault = CATALOGUE.fault(kind)
    assert list(described) == [
        "kind", "layer", "doc", "parameters", "symptom", "evidence", "lookalike", "remedy", "scope", "needs",
    ]  # fmt: skip
    assert (described["kind"], described["layer"]) == (kind, CATALOGUE.layer(kind))
    assert described["doc"]
    assert [parameter["name"] for parameter in described["parameters"]] == list(fault.model_fields)
    assert all(parameter["description"] for parameter in described["parameters"])
    json.dumps(described)


def test_the_parameters_of_a_fault_with_bounds_defaults_and_choices() -> None:
    chain, probability, every, *_ = describe(CATALOGUE, "iptables_drop")["parameters"]
    assert chain == {
        "name": "chain",
        "type": "string",
        "description": "chain of the filter table",
        "required": False,
        "default": "INPUT",
        "choices": ["INPUT", "OUTPUT", "FORWARD"],
    }
    assert (probability["type"], probability["minimum"], probability["maximum"]) == ("number", 1e-6, 1.0)
    assert (every["type"], every["default"]) == ("integer", None)
    mtu, interface = describe(CATALOGUE, "mtu")["parameters"]
    assert (mtu["required"], mtu["minimum"], mtu["maximum"]) == (True, 68, 1490)
    assert interface["pattern"]

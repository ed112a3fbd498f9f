"""The JSON Schema of lab.yaml for editors, and a fault as a machine reads it.

The schema is generous: every scalar may also be a text with a ``$name`` in it, and what only the loader can tell
(names, addresses, formulas) passes. Whatever the loader accepts, the schema accepts.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.definition.derived import By, Computed
from droplab.harness.definition.parameters import Choice, Steps
from droplab.harness.definition.probe_uses import TARGET
from droplab.harness.definition.shapes import Document, TriggerShape
from droplab.harness.definition.variants import MOST, ONE_OF

DIALECT = "https://json-schema.org/draft/2020-12/schema"
WITH_PARAMETER = {"type": "string", "pattern": r"\$"}
NODE = {"type": "string", "description": "the node that it is for"}
BOUNDS = {"minimum": "minimum", "maximum": "maximum", "exclusiveMinimum": "above", "exclusiveMaximum": "below"}

FAULT = "Fault"

Schema = dict[str, Any]


def schema(catalogue: Catalogue | None = None) -> Schema:
    """The JSON Schema of lab.yaml with every kind of fault and probe that there is."""
    known = catalogue or Catalogue()
    faults = {kind: known.fault(kind) for kind in known.fault_kinds()}
    probes = {kind: known.probe(kind) for kind in known.probe_kinds()}
    fixed: list[type[BaseModel]] = [Document, TriggerShape, Steps, Choice, By, Computed]
    models = [*fixed, *faults.values(), *probes.values()]
    references, definitions = models_json_schema([(model, "validation") for model in models], by_alias=True)
    where = {model: references[(model, "validation")] for model in models}
    parts: dict[str, Schema] = definitions["$defs"]
    document = parts.pop(_name(where[Document]))
    properties = document["properties"]
    parts[FAULT] = _fault({kind: where[cls] for kind, cls in faults.items()}, where[TriggerShape])
    properties["faults"]["additionalProperties"] = _or_drawn(parts[FAULT])
    own = {kind: parts.pop(_name(where[cls])) for kind, cls in probes.items()}
    properties["probes"]["additionalProperties"] = {"anyOf": [_probe(kind, part) for kind, part in own.items()]}
    properties["parameters"]["additionalProperties"] = {
        "anyOf": [{"type": ["number", "string"]}, *(where[model] for model in (Steps, Choice, By, Computed))]
    }
    document["$defs"] = parts
    version = properties.pop("schema")
    loose = _loose(document)
    loose["properties"] = {"schema": version, **loose["properties"]}
    return {"$schema": DIALECT, **loose, "title": "lab.yaml of droplab"}


def _name(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _fault(kinds: Mapping[str, Schema], trigger: Schema) -> Schema:
    """``{node: NODE, KIND: {parameters}, trigger: {...}}``."""
    known = {kind: {"anyOf": [reference, {"type": "null"}]} for kind, reference in kinds.items()}
    return {
        "type": "object",
        "properties": {"node": NODE, **known, "trigger": trigger},
        "required": ["node"],
        "oneOf": [{"required": [kind]} for kind in kinds],
        "additionalProperties": False,
    }


def _or_drawn(fault: Schema) -> Schema:
    """A fault, or ``{one_of: {NAME: fault, ...}}``, or a list of them; the parts stay where editors look for them."""
    one = {"$ref": f"#/$defs/{FAULT}"}
    choice = {
        "description": "one of these; the seed draws it",
        "anyOf": [
            {"type": "object", "additionalProperties": one, "minProperties": 1, "maxProperties": MOST},
            {"type": "array", "items": one, "minItems": 1, "maxItems": MOST},
        ],
    }
    single = [{"required": ["node", *branch["required"]]} for branch in fault["oneOf"]]
    return {
        "type": "object",
        "properties": {**fault["properties"], ONE_OF: choice},
        "oneOf": [*single, {"required": [ONE_OF], "maxProperties": 1}],
        "additionalProperties": False,
    }


def _probe(kind: str, fields: Schema) -> Schema:
    """``{node: NODE, KIND: target, other: field}``; the fields may also stand in a mapping behind KIND."""
    beside = {name: field for name, field in fields["properties"].items() if name != TARGET}
    target = {**fields["properties"][TARGET], "description": _described(fields)}
    return {
        "type": "object",
        "properties": {
            "node": NODE,
            kind: {"anyOf": [target, {**fields, "required": []}, {"type": "null"}]},
            **beside,
        },
        "required": ["node", kind],
        "additionalProperties": False,
    }


def _described(fields: Schema) -> str:
    words = (str(fields.get("description", "")), str(fields["properties"][TARGET].get("description", "")))
    return "\n\n".join(filter(None, words))


def _loose(part: Any) -> Any:
    """``part`` in which every bounded scalar may also be a text with a parameter."""
    if isinstance(part, list):
        return [_loose(item) for item in part]
    if not isinstance(part, dict):
        return part
    if _is_bounded_scalar(part):
        about = {key: part[key] for key in ("description", "title", "default") if key in part}
        return {**about, "anyOf": [{key: value for key, value in part.items() if key not in about}, WITH_PARAMETER]}
    return {key: _loose(value) for key, value in part.items()}


def _is_bounded_scalar(part: Schema) -> bool:
    kind = part.get("type")
    bounded = any(isinstance(part.get(key), str | list) for key in ("pattern", "enum")) or "const" in part
    return kind in ("integer", "number", "boolean") or (kind == "string" and bounded)


def describe(catalogue: Catalogue, kind: str) -> dict[str, Any]:
    """A fault with its parameters and all that its author says about it. Raises UsageError for an unknown kind."""
    fault = catalogue.fault(kind)
    fields = fault.model_json_schema()
    required = fields.get("required", ())
    return {
        "kind": kind,
        "layer": catalogue.layer(kind),
        "doc": inspect.cleandoc(fault.__doc__ or ""),
        "parameters": [
            _parameter(name, field, name in required) for name, field in fields.get("properties", {}).items()
        ],
        "symptom": fault.symptom,
        "evidence": fault.evidence,
        "lookalike": fault.lookalike,
        "remedy": fault.remedy,
        "scope": fault.scope,
        "needs": list(fault.needs),
    }


def _parameter(name: str, field: Schema, required: bool) -> dict[str, Any]:
    options = [option for option in field.get("anyOf", [field]) if option.get("type") != "null"]
    one = options[0] if len(options) == 1 else {}
    found = {
        "name": name,
        "type": " or ".join(str(option.get("type", "value")) for option in options),
        "description": " ".join(str(field.get("description", "")).split()),
        "required": required,
        "default": field.get("default"),
        **{word: one[key] for key, word in BOUNDS.items() if key in one},
    }
    if "enum" in one:
        found["choices"] = one["enum"]
    if "pattern" in one:
        found["pattern"] = one["pattern"]
    return found

"""The parameters of a fault in words, from its pydantic fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from droplab.harness.contracts.fault import Fault

TYPES = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "yes or no",
    "array": "list",
    "object": "map",
}


@dataclass(frozen=True)
class Parameter:
    """A field: ``type`` with its bounds, ``default`` in words ("needed", "none", "INPUT")."""

    name: str
    type: str
    default: str
    description: str
    needed: bool


def describe(fault: type[Fault]) -> list[Parameter]:
    """Every parameter in the order of the class."""
    schema = fault.model_json_schema()
    needed = set(schema.get("required", ()))
    return [
        Parameter(
            name, _type(_resolved(field, schema)), _default(field, name in needed), _sentence(field), name in needed
        )
        for name, field in schema.get("properties", {}).items()
    ]


def _resolved(field: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = field.get("$ref")
    return schema["$defs"][reference.rsplit("/", 1)[-1]] if reference else field


def _sentence(field: Mapping[str, Any]) -> str:
    return " ".join(str(field.get("description", "")).split())


def _default(field: Mapping[str, Any], needed: bool) -> str:
    if needed:
        return "needed"
    value = field.get("default")
    if value is None or value == "":
        return "none"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _type(field: Mapping[str, Any]) -> str:
    options = [option for option in field.get("anyOf", ()) if option.get("type") != "null"]
    if options:
        return " or ".join(_type(option) for option in options)
    if "enum" in field or "const" in field:
        return f"one of {', '.join(map(str, field.get('enum', [field.get('const')])))}"
    return " ".join(filter(None, [TYPES.get(field.get("type", ""), "value"), _bounds(field), _pattern(field)]))


def _bounds(field: Mapping[str, Any]) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None:
        return f"{low:g} to {high:.12g}"
    sides = (
        ("from", low),
        ("above", field.get("exclusiveMinimum")),
        ("up to", high),
        ("below", field.get("exclusiveMaximum")),
    )
    return " ".join(f"{word} {bound:.12g}" for word, bound in sides if bound is not None)


def _pattern(field: Mapping[str, Any]) -> str:
    return f"like /{field['pattern']}/" if "pattern" in field else ""


def example(kind: str, fault: type[Fault], form: Literal["yaml", "inject"]) -> str:
    """How it is written with what it needs: a line of lab.yaml, or a command."""
    needed = [(parameter.name, parameter.name.upper()) for parameter in describe(fault) if parameter.needed]
    if form == "yaml":
        inner = ", ".join(f"{name}: {value}" for name, value in needed)
        return f"faults: {{my_fault: {{node: NODE, {kind}: {{{inner}}}}}}}"
    return " ".join(["droplab inject NAME/NODE", kind, *(f"{name}={value}" for name, value in needed)])

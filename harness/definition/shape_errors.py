"""From what pydantic found wrong to problems with a place, in the words of a person who wrote YAML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from droplab.harness.definition.nearest import did_you_mean, is_near
from droplab.harness.definition.problems import NOTHING, Problems
from droplab.harness.definition.yaml_positions import Trail

Shape = TypeVar("Shape", bound=BaseModel)

EXPECTED = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "dict": "a mapping {key: value}",
    "model": "a mapping {key: value}",
    "model_attributes": "a mapping {key: value}",
    "list": "a list [a, b]",
    "tuple": "a list [a, b]",
    "none": "nothing",
}
"""By the first part of pydantic's error type, as in ``int_type``, ``int_parsing`` or ``int_from_float``."""
BOUNDS = {
    "greater_than_equal": ("ge", "must be at least"),
    "greater_than": ("gt", "must be above"),
    "less_than_equal": ("le", "must be at most"),
    "less_than": ("lt", "must be below"),
}


def shaped(
    model: type[Shape],
    data: Any,
    trail: Trail,
    problems: Problems,
    *,
    as_json: bool = False,
    places: Callable[[Trail], Trail] | None = None,
) -> Shape | None:
    """``data`` as ``model``; what does not fit goes to ``problems`` and the answer is None.

    With ``as_json``, strictly as JSON: a list may become a tuple and a text an enumeration, as a fault's fields want.
    ``places`` tells where in the file a part of ``data`` stands; by default below ``trail``.
    """
    place = places or (lambda inner: (*trail, *inner))
    try:
        return model.model_validate_json(json.dumps(data), strict=True) if as_json else model.model_validate(data)
    except ValidationError as error:
        types: dict[Trail, list[str]] = {}
        for detail in error.errors(include_url=False, include_context=True):
            if expected := _type_expected(detail["type"]):
                types.setdefault(path_in(data, detail["loc"]), []).append(expected)
            else:
                _tell(model, data, detail, place, problems)
        for inner, branches in types.items():
            got = _value(data, inner)
            quotes = isinstance(got, bool | int | float) and branches == ["text"]
            words = f"expected {' or '.join(dict.fromkeys(branches))}"
            problems.add(place(inner), words, got, hint="; put it in quotes" if quotes else "")
    return None


def _type_expected(kind: str) -> str | None:
    """What a type error wanted, None for another error. A union gives one for each of its members at the same place."""
    if kind.rsplit("_", maxsplit=1)[-1] not in ("type", "parsing", "float", "attributes"):
        return None
    return EXPECTED.get(kind.rpartition("_type")[0] or kind.split("_", maxsplit=1)[0])


def _tell(
    model: type[BaseModel], data: Any, detail: ErrorDetails, place: Callable[[Trail], Trail], problems: Problems
) -> None:
    kind = detail["type"]
    inner = path_in(data, detail["loc"], missing=kind == "missing")
    if kind == "extra_forbidden":
        problems.unknown_key(place(inner), "unknown key", _known(model, inner[:-1]))
    elif kind == "missing":
        problems.add(place(inner), f"is missing{_meaning(model, inner)}")
    elif detail["loc"] and detail["loc"][-1] == "[key]":
        problems.add(place(inner), _words(detail), of_key=True)
    else:
        got = NOTHING if isinstance(detail["input"], dict) else detail["input"]
        problems.add(place(inner), _words(detail), got, hint=_hint(detail))


def _words(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in BOUNDS:
        bound, words = BOUNDS[kind]
        return f"{words} {context[bound]:.12g}"
    match kind:
        case "literal_error" | "enum":
            return f"expected {context['expected']}".replace("'", "")
        case "string_pattern_mismatch":
            return f"must look like /{context['pattern']}/"
        case "value_error" | "assertion_error":
            return str(context["error"]).partition(", got ")[0]  # what was got is shown behind it anyway
        case "too_short" | "string_too_short":
            return "must not be empty"
        case "too_long":
            return f"must have at most {context['max_length']} entries"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "finite_number":
            return "must be a finite number"
    return detail["msg"].replace("Input should", "must", 1)


def _hint(detail: ErrorDetails) -> str:
    if detail["type"] not in ("literal_error", "enum") or not isinstance(detail["input"], str):
        return ""
    words = detail.get("ctx", {})["expected"].replace("' or '", "', '").strip("'").split("', '")
    return did_you_mean(detail["input"], words) if is_near(detail["input"], words) and len(words) > 1 else ""


def path_in(data: Any, location: tuple[int | str, ...], *, missing: bool = False) -> Trail:
    """The part of pydantic's location that leads through the data; names of union members and validators drop out.

    The last part of the location of something ``missing`` is not in the data and stays.
    """
    path: list[str | int] = []
    for position, part in enumerate(location):
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_list or (isinstance(data, dict) and part in data):
            data = data[part]
            path.append(part)
        elif missing and position == len(location) - 1:
            path.append(part)
    return tuple(path)


def _value(data: Any, path: Trail) -> Any:
    for part in path:
        data = data[part]
    return data


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a type may be, however it is wrapped in unions and annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) not in (dict, list, tuple):
        for part in get_args(annotation):
            yield from _models(part)


def _inside(annotation: Any) -> Iterator[Any]:
    """The types of what a mapping or a list holds, however it is wrapped."""
    if get_origin(annotation) in (dict, list, tuple):
        yield get_args(annotation)[-1]
    else:
        for part in get_args(annotation):
            yield from _inside(part)


def _annotations(model: type[BaseModel], path: Trail) -> list[Any]:
    """The types that may stand at ``path`` in ``model``."""
    found: list[Any] = [model]
    for part in path:
        following: list[Any] = []
        for annotation in found:
            for each in _models(annotation):
                following += [
                    field.annotation for name, field in each.model_fields.items() if part in (name, field.alias)
                ]
            following += _inside(annotation)
        found = following
    return found


def _known(model: type[BaseModel], path: Trail) -> list[str]:
    models = [each for annotation in _annotations(model, path) for each in _models(annotation)]
    return [field.alias or name for each in models for name, field in each.model_fields.items()]


def _meaning(model: type[BaseModel], path: Trail) -> str:
    for annotation in _annotations(model, path[:-1]):
        for each in _models(annotation):
            for name, field in each.model_fields.items():
                if path[-1] in (name, field.alias) and field.description:
                    return f": {field.description}"
    return ""

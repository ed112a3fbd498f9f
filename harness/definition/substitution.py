"""``$name`` in any text of a definition stands for a parameter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from droplab.harness.definition.problems import Problems
from droplab.harness.definition.yaml_positions import Trail

Parameters = Mapping[str, float | int | str]

MARK = re.compile(r"\$(\$|[A-Za-z_][A-Za-z0-9_]*)")
WHOLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
LONGEST = 100_000


def substitute(data: Any, parameters: Parameters, problems: Problems, trail: Trail = ()) -> Any:
    """``data`` with every ``$name`` replaced; a name that is no parameter is a problem.

    A text that is nothing but ``$name`` becomes the parameter itself, a number where it is one. ``$$`` is a dollar;
    a ``$`` before anything but a name stays, so ``$?`` and a regular expression's ``$`` need no care.
    """
    if isinstance(data, dict):
        return {key: substitute(value, parameters, problems, (*trail, key)) for key, value in data.items()}
    if isinstance(data, list):
        return [substitute(value, parameters, problems, (*trail, index)) for index, value in enumerate(data)]
    if not isinstance(data, str) or "$" not in data:
        return data
    names = dict.fromkeys(found for found in MARK.findall(data) if found != "$" and found not in parameters)
    for name in names:
        problems.unknown_value(trail, "parameter", name, parameters)
        if name.isupper():
            problems.add(trail, f"a variable of the shell is written with two dollars, $${name}")
    if names:
        return data
    if whole := WHOLE.fullmatch(data):
        return parameters[whole[1]]
    return MARK.sub(lambda found: "$" if found[1] == "$" else as_text(parameters[found[1]]), data)[:LONGEST]


def as_text(value: float | int | str) -> str:
    """0.3 as 0.3 and 0.000001 without an exponent: what a command line takes."""
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)

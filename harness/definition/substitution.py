"""``$name`` in any text of a definition stands for a parameter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from droplab.harness.definition.nearest import did_you_mean
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
    names = unknown(data, parameters)
    for name in names:
        problems.unknown_value(trail, "parameter", name, parameters)
        if name.isupper():
            problems.add(trail, f"a variable of the shell is written with two dollars, $${name}")
    if names:
        return data
    if whole := WHOLE.fullmatch(data):
        return parameters[whole[1]]
    text = _replaced(data, parameters)
    if len(text) > LONGEST:
        problems.add(trail, f"more than {LONGEST} characters once the parameters are put in")
        return data
    return text


def substitute_in_file(text: str, name: str, parameters: Parameters, problems: Problems) -> str:
    """``text``, which is the file called ``name``, with every ``$name`` replaced."""
    for word in unknown(text, parameters):
        start = next(found.start() for found in MARK.finditer(text) if found[1] == word)
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        words = f"no parameter is called {word}{did_you_mean(word, parameters)}"
        problems.add_elsewhere(f"{name}:{line}:{column}: {words}; a dollar is written $$")
    return _replaced(text, parameters)


def unknown(text: str, parameters: Parameters) -> list[str]:
    """The names in ``text`` that are no parameters."""
    return list(dict.fromkeys(name for name in MARK.findall(text) if name != "$" and name not in parameters))


def _replaced(text: str, parameters: Parameters) -> str:
    def value(found: re.Match[str]) -> str:
        return "$" if found[1] == "$" else as_text(parameters[found[1]]) if found[1] in parameters else found[0]

    return MARK.sub(value, text)


def as_text(value: float | int | str) -> str:
    """0.3 as 0.3 and 0.000001 without an exponent: what a command line takes."""
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)

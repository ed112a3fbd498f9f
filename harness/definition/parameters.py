"""Parameters: fixed, drawn from a family by the seed, or set by hand."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.definition.problems import Problems, shown
from droplab.harness.definition.shape_errors import shaped
from droplab.harness.definition.substitution import as_text
from droplab.harness.errors import UsageError

Value = float | int | str
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
MOST_VALUES = 1000
LONGEST = 200
DERIVED = {"by", "formula"}
"""Keys of an entry that is not drawn but follows others: see derived.py."""
NUMBER = re.compile(r"[-+]?[0-9.]{1,30}([eE][-+]?[0-9]{1,3})?")


class Steps(BaseModel):
    """Numbers from ``from`` to ``to`` in steps of ``step``; the seed draws one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    first: float = Field(alias="from", description="the smallest value")
    last: float = Field(alias="to", description="the largest value")
    step: float = Field(gt=0, description="the distance between two values")


class Choice(BaseModel):
    """One of these; the seed draws it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    one_of: list[int | float | Annotated[str, Field(max_length=LONGEST)]] = Field(min_length=1, max_length=MOST_VALUES)


@dataclass(frozen=True)
class Family:
    """The values that a parameter may take. ``fixed`` families have one value, and any of its type may be set."""

    values: tuple[Value, ...]
    fixed: bool
    numbered: bool = False
    """Whether a value may also be set by its number, counted from 1."""

    def draw(self, name: str, seed: int) -> Value:
        """The value for ``seed``; the draw of one parameter does not depend on the others."""
        return self.values[0] if self.fixed else random.Random(f"{seed}:{name}").choice(self.values)

    def set(self, name: str, word: str) -> Value:
        """The value that ``word`` of ``--set`` means. Raises UsageError."""
        number = _number(word)
        if self.numbered and isinstance(number, int) and 1 <= number <= len(self.values):
            return self.values[number - 1]
        if not self.fixed:
            for value in self.values:
                if value == (word if isinstance(value, str) else number):
                    return value
            raise UsageError(f"--set {name}: not one of the family's values (got {word}); {self._words()}")
        if isinstance(self.values[0], str):
            return word
        if isinstance(number, str):
            raise UsageError(f"--set {name}: expected a number (got {word})")
        return number

    def _words(self) -> str:
        few = [as_text(value) for value in self.values]
        if self.numbered:
            few = [f"{number} {name}" for number, name in enumerate(few, 1)]
        return f"they are {', '.join(few if len(few) <= 12 else [*few[:6], '...', *few[-2:]])}"


def families(section: Any, problems: Problems) -> dict[str, Family]:
    """The families of the section ``parameters``. What is wrong goes to ``problems`` and is guessed, to read on."""
    if not isinstance(section, dict):
        if section is not None:
            problems.add(("parameters",), "expected `name: value` lines", section)
        return {}
    found = {}
    for name, entry in section.items():
        if isinstance(entry, dict) and DERIVED & entry.keys() and NAME.fullmatch(name):
            continue
        if not NAME.fullmatch(name):
            problems.add(("parameters", name), "a parameter's name has only letters, digits and _", of_key=True)
        else:
            found[name] = _family(entry, name, problems) or Family((_guess(entry),), fixed=True)
    return found


def _guess(entry: Any) -> Value:
    parts = (
        [part for value in entry.values() for part in (value if isinstance(value, list) else [value])]
        if isinstance(entry, dict)
        else []
    )
    return next((part for part in parts if isinstance(part, int | float | str) and not isinstance(part, bool)), 0.5)


def _family(entry: Any, name: str, problems: Problems) -> Family | None:
    trail = ("parameters", name)
    if isinstance(entry, str) and len(entry) > LONGEST:
        problems.add(trail, f"a text of at most {LONGEST} characters", entry)
        return None
    if isinstance(entry, int | float | str) and not isinstance(entry, bool):
        return Family((entry,), fixed=True)
    if not isinstance(entry, dict):
        problems.add(trail, "expected a number, a text, {from: 0.2, to: 0.4, step: 0.05} or {one_of: [80, 443]}", entry)
        return None
    if "one_of" in entry:
        choice = shaped(Choice, entry, trail, problems)
        return Family(tuple(choice.one_of), fixed=False) if choice else None
    steps = shaped(Steps, entry, trail, problems)
    if steps is None:
        return None
    values = _steps(*(Decimal(repr(number)) for number in (steps.first, steps.last, steps.step)))
    if not 1 <= len(values) <= MOST_VALUES:
        problems.add(
            trail, f"a family has 1 to {MOST_VALUES} values; is `from` above `to`, or `step` too small?", entry
        )
        return None
    whole = all(isinstance(entry[key], int) for key in ("from", "to", "step"))
    return Family(tuple(int(value) if whole else float(value) for value in values), fixed=False)


def _steps(first: Decimal, last: Decimal, step: Decimal) -> list[Decimal]:
    count = (last - first) / step
    if not 0 <= count < MOST_VALUES:
        return []
    return [first + step * index for index in range(int(count) + 1)]


def draw(known: Mapping[str, Family], seed: int, overrides: Mapping[str, str]) -> dict[str, Value]:
    """The value of every parameter. Raises UsageError for an override that does not fit."""
    for name in overrides:
        if name not in known:
            hint = did_you_mean(name, known) or "; the lab has no parameters"
            raise UsageError(f"--set: no parameter is called {shown(name)}{hint}")
    return {
        name: family.set(name, overrides[name]) if name in overrides else family.draw(name, seed)
        for name, family in known.items()
    }


def _number(word: str) -> Value:
    """A number where ``word`` is one, else the text."""
    if not NUMBER.fullmatch(word):
        return word
    try:
        number = int(word) if word.lstrip("+-").isdecimal() else float(word)
    except ValueError:
        return word
    return number if math.isfinite(number) else word

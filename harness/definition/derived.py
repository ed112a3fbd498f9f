"""Parameters that are not drawn: a value for each draw (``by``), or a number computed from others (``formula``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from droplab.harness.definition.formula import LONGEST as LONGEST_FORMULA
from droplab.harness.definition.formula import NotComputable, compute
from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.definition.parameters import DERIVED, LONGEST, MOST_VALUES, NAME, Family, Value
from droplab.harness.definition.problems import Problems
from droplab.harness.definition.shape_errors import shaped
from droplab.harness.definition.substitution import as_text

DIGITS = 12  # 100 * 0.3 is 30.000000000000004 in binary; a text says 30


class By(BaseModel):
    """A value for each value of a drawn parameter or fault; it follows the draw."""

    model_config = ConfigDict(extra="forbid", strict=True)

    by: str = Field(description="the drawn parameter or fault that it follows")
    values: dict[str, int | float | Annotated[str, Field(max_length=LONGEST)]] = Field(
        min_length=1, max_length=MOST_VALUES, description="what it is for each value of that one"
    )

    def value(self, known: Mapping[str, Value]) -> Value:
        """The value that goes with what was drawn."""
        return self.values[as_text(known[self.by])]

    def sources(self) -> str:
        """What to set instead."""
        return self.by


class Computed(BaseModel):
    """A number computed from other parameters, for example ``{formula: 100 * p}`` for a text that says per cent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    formula: str = Field(max_length=LONGEST_FORMULA, description="numbers, names of parameters above it, + - * / ( )")

    def value(self, known: Mapping[str, Value]) -> Value:
        """The number, a whole one where it is whole. Raises NotComputable."""
        number = float(f"{compute(self.formula, known):.{DIGITS}g}")
        return int(number) if number == int(number) else number

    def sources(self) -> str:
        """What to set instead."""
        return f"from {self.formula}"


class Derived(Protocol):
    """A parameter whose value follows from others."""

    def value(self, known: Mapping[str, Value]) -> Value:
        """The value; ``known`` holds those that were drawn and those written above it."""

    def sources(self) -> str:
        """What it follows, in words."""


def is_derived(entry: Any) -> bool:
    """Whether an entry of ``parameters`` is one of these."""
    return isinstance(entry, dict) and bool(DERIVED & entry.keys())


def derived(section: Any, families: Mapping[str, Family], seed: int, problems: Problems) -> dict[str, Derived]:
    """The derived parameters in the order written. What is wrong goes to ``problems`` and is 0, to read on."""
    found: dict[str, Derived] = {}
    known = {name: family.draw(name, seed) for name, family in families.items()}
    for name, entry in section.items() if isinstance(section, dict) else ():
        if not is_derived(entry) or not NAME.fullmatch(name):
            continue
        one: Derived | None = (
            _by(entry, name, families, problems) if "by" in entry else _computed(entry, name, known, problems)
        )
        found[name] = one or Computed(formula="0")
        known[name] = found[name].value(known)
    return found


def _by(entry: Any, name: str, families: Mapping[str, Family], problems: Problems) -> By | None:
    trail = ("parameters", name)
    shape = shaped(By, entry, trail, problems)
    if shape is None:
        return None
    family = families.get(shape.by)
    drawn = [other for other, known in families.items() if not known.fixed]
    if family is None or family.fixed:
        words = "is not drawn" if family else "nothing is called so"
        problems.add((*trail, "by"), words, shape.by, hint=did_you_mean(shape.by, drawn))
        return None
    wanted = [as_text(value) for value in family.values]
    for word in shape.values:
        if word not in wanted:
            problems.unknown_key((*trail, "values", word), f"not one of the values of {shape.by}", wanted)
    missing = [word for word in wanted if word not in shape.values]
    if missing:
        problems.add((*trail, "values"), f"lacks {', '.join(missing[:8])}, which {shape.by} may be")
    return None if problems.at(trail) else shape


def _computed(entry: Any, name: str, known: Mapping[str, Value], problems: Problems) -> Computed | None:
    trail = ("parameters", name)
    shape = shaped(Computed, entry, trail, problems)
    if shape is None:
        return None
    try:
        shape.value(known)
    except NotComputable as error:
        problems.add((*trail, "formula"), str(error), shape.formula)
        return None
    return shape

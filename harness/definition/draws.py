"""All that the seed decides in a definition: its parameters, its drawn faults, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from droplab.harness.definition import variants
from droplab.harness.definition.derived import Derived, derived
from droplab.harness.definition.formula import NotComputable
from droplab.harness.definition.parameters import Family, Value, draw, families
from droplab.harness.definition.problems import Problems
from droplab.harness.definition.variants import Variants
from droplab.harness.errors import UsageError


@dataclass(frozen=True)
class Draws:
    """What may be drawn. ``variants``: drawn fault to its variants; each is one of the ``families`` as well."""

    families: Mapping[str, Family]
    variants: Mapping[str, Variants]
    derived: Mapping[str, Derived]

    def values(self, seed: int, overrides: Mapping[str, str]) -> dict[str, Value]:
        """The value of everything. Raises UsageError for an override that does not fit."""
        for name in overrides:
            if name in self.derived:
                raise UsageError(f"--set {name}: it follows {self.derived[name].sources()}; set that")
        found = draw(self.families, seed, overrides)
        for name, one in self.derived.items():
            try:
                found[name] = one.value(found)
            except NotComputable as error:
                raise UsageError(f"--set: with these values {name} cannot be computed: {error}") from None
        return found


def read_draws(data: Mapping[str, Any], seed: int, problems: Problems) -> Draws:
    """The draws of a definition; what is wrong goes to ``problems``."""
    known = families(data.get("parameters"), problems)
    drawn = variants.read_variants(data.get("faults"), problems)
    for name in drawn:
        if isinstance(section := data.get("parameters"), dict) and name in section:
            problems.add(("parameters", name), "a drawn fault is called so already", of_key=True)
    together = {**known, **variants.families(drawn)}
    return Draws(together, drawn, derived(data.get("parameters"), together, seed, problems))

"""The problems of a definition, collected while it is read, so that all are told at once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.definition.yaml_positions import Place, Source, Trail
from droplab.harness.errors import DefinitionError

MOST_SHOWN = 60
MOST_TOLD = 50
NOTHING = object()
"""No value to show behind a problem."""


@dataclass
class Problems:
    """What is wrong with ``source``. Each problem reads ``file:line:column: key: what is wrong (got X); did you mean Y?``."""

    source: Source
    _found: list[tuple[bool, Place, str]] = field(default_factory=list)

    def add(self, trail: Trail, words: str, got: object = NOTHING, *, hint: str = "", of_key: bool = False) -> None:
        """Something is wrong with the value at ``trail``, or with its key."""
        seen = "" if got is NOTHING else f" (got {shown(got)})"
        self._note(trail, f"{words}{seen}{hint}", of_key=of_key, unknown=False)

    def unknown(self, trail: Trail, words: str, known: Iterable[str], *, of_key: bool = True) -> None:
        """The last part of ``trail``, a key, is not one of ``known``. Such problems come first."""
        self._note(trail, f"{words}{did_you_mean(str(trail[-1]), known)}", of_key=of_key, unknown=True)

    def unknown_value(self, trail: Trail, what: str, word: str, known: Iterable[str]) -> None:
        """The text at ``trail`` names a ``what`` that does not exist."""
        self._note(trail, f"no {what} is called {word[:MOST_SHOWN]}{did_you_mean(word, known)}", of_key=False, unknown=False)

    def _note(self, trail: Trail, words: str, *, of_key: bool, unknown: bool) -> None:
        place = self.source.place(trail, of_key=of_key)
        where = f"{self.source.name}:{place[0]}:{place[1]}: "
        key = ".".join(str(part) for part in trail)
        self._found.append((not unknown, place, f"{where}{key}: {words}" if key else f"{where}{words}"))

    def add_elsewhere(self, line: str) -> None:
        """A problem in another file of the lab, already with its place."""
        self._found.append((True, (1 << 30, 0), line))

    def at(self, trail: Trail) -> bool:
        """Whether something was found at ``trail`` or below it."""
        name = ".".join(str(part) for part in trail)
        return any(f": {name}:" in words or f": {name}." in words for _, _, words in self._found)

    def raise_if_any(self) -> None:
        """Raise DefinitionError with all problems: unknown keys first, then in the order of the file."""
        if not self._found:
            return
        lines = list(dict.fromkeys(words for _, _, words in sorted(self._found, key=lambda found: found[:2])))
        more = [f"{self.source.name}: and {len(lines) - MOST_TOLD} more problems"] if len(lines) > MOST_TOLD else []
        raise DefinitionError([*lines[:MOST_TOLD], *more])


def shown(value: Any) -> str:
    """A value as a message shows it: short, on one line, text as it stands in YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, str) and value and value.isprintable() and value == value.strip():
        return value if len(value) <= MOST_SHOWN else f"{value[:MOST_SHOWN]}..."
    if isinstance(value, dict) and len(value) > 3:
        return f"a mapping with {', '.join(list(value)[:3])}, ..."
    words = json.dumps(value, ensure_ascii=False, default=str)
    return words if len(words) <= MOST_SHOWN else f"{words[:MOST_SHOWN]}..."

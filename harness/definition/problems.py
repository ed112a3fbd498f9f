"""The problems of a definition, collected while it is read, so that all are told at once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.definition.yaml_positions import Place, Source, Trail, plain
from droplab.harness.errors import DefinitionError

MOST_SHOWN = 60
MOST_TOLD = 100
MOST_COMPARED = 200
NOTHING = object()
"""No value to show behind a problem."""


@dataclass(frozen=True)
class Problem:
    """One mistake. ``unknown`` is a word to look for among ``known`` names, which is done only for what is told."""

    trail: Trail
    place: Place
    words: str
    of_unknown_key: bool = False
    unknown: str = ""
    known: tuple[str, ...] = ()

    def line(self, file: str) -> str:
        """``file:line:column: key: what is wrong (got X); did you mean Y?``."""
        key = shown(".".join(str(part) for part in self.trail)) + ": " if self.trail else ""
        hint = did_you_mean(self.unknown, self.known) if self.unknown else ""
        words = f"{self.words}{hint}".replace("\n", " ")
        return f"{file}:{self.place[0]}:{self.place[1]}: {key}{words}"


@dataclass
class Problems:
    """What is wrong with ``source``, and with the texts beside it."""

    source: Source
    moved: dict[Trail, Trail] = field(default_factory=dict)
    """Where something that a draw has put elsewhere was written; what is inside of it moved with it."""
    _found: list[Problem] = field(default_factory=list)
    _around: set[Trail] = field(default_factory=set)
    """Every trail at which or below which something was found."""
    _elsewhere: list[str] = field(default_factory=list)

    def add(self, trail: Trail, words: str, got: object = NOTHING, *, hint: str = "", of_key: bool = False) -> None:
        """Something is wrong with the value at ``trail``, or with its key."""
        seen = "" if got is NOTHING else f" (got {shown(got)})"
        self._note(trail, f"{words}{seen}{hint}", of_key=of_key)

    def unknown_key(self, trail: Trail, words: str, known: Iterable[str]) -> None:
        """The last part of ``trail``, a key, is not one of ``known``. Such problems come first."""
        self._note(trail, words, of_key=True, of_unknown_key=True, unknown=str(trail[-1]), known=_first(known))

    def unknown_value(self, trail: Trail, what: str, word: str, known: Iterable[str], *, of_key: bool = False) -> None:
        """The text at ``trail``, or its key, names a ``what`` that does not exist."""
        self._note(trail, f"no {what} is called {shown(word)}", of_key=of_key, unknown=word, known=_first(known))

    def add_elsewhere(self, line: str) -> None:
        """A problem in another file of the lab, already with its place."""
        self._elsewhere.append(line)

    def at(self, trail: Trail) -> bool:
        """Whether something was found at ``trail`` or below it."""
        return trail in self._around

    def _note(self, trail: Trail, words: str, *, of_key: bool, **more: Any) -> None:
        written = self._written(trail)
        self._found.append(Problem(written, self.source.place(written, of_key=of_key), words, **more))
        self._around.update(trail[:length] for length in range(len(trail) + 1))

    def _written(self, trail: Trail) -> Trail:
        """Where in the file the value at ``trail`` stands."""
        lengths = (length for length in range(len(trail), 0, -1) if trail[:length] in self.moved)
        length = next(lengths, 0)
        return (*self.moved[trail[:length]], *trail[length:]) if length else trail

    def raise_if_any(self) -> None:
        """Raise DefinitionError with all problems: unknown keys first, then as in the file, then other files'."""
        if not self._found and not self._elsewhere:
            return
        found = sorted(dict.fromkeys(self._found), key=lambda each: (not each.of_unknown_key, each.place))
        lines = [problem.line(self.source.name) for problem in found[:MOST_TOLD]]
        lines = list(dict.fromkeys([*lines, *self._elsewhere[:MOST_TOLD]]))
        if len(found) > MOST_TOLD:
            place = found[MOST_TOLD].place
            lines.append(
                f"{self.source.name}:{place[0]}:{place[1]}: and {len(found) - MOST_TOLD} more problems from here on"
            )
        raise DefinitionError(lines)


def _first(known: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(known, MOST_COMPARED))


def shown(value: Any) -> str:
    """A value as a message shows it: short, on one line, text as it stands in YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, str) and value.isprintable() and plain(value) == value.strip() == value != "":
        return value if len(value) <= MOST_SHOWN else f"{value[:MOST_SHOWN]}..."
    if isinstance(value, dict) and len(value) > 3:
        return f"a mapping with {', '.join(shown(key) for key in list(value)[:3])}, ..."
    words = json.dumps(value, ensure_ascii=False, default=str)
    return words if len(words) <= MOST_SHOWN else f"{words[:MOST_SHOWN]}..."

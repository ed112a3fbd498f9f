"""``when: {cause: NAME}`` keeps what it stands in only for some draws; ``{cause: [A, B]}`` for several.

It may stand in a step, a look, an alternative, and beside the metrics of a probe; a hint has ``[cause=NAME]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from droplab.harness.definition.draws import Draws
from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.definition.parameters import Value
from droplab.harness.definition.problems import Problems
from droplab.harness.definition.substitution import as_text
from droplab.harness.definition.variants import FAULTS, ONE_OF
from droplab.harness.definition.yaml_positions import Trail

WHEN = "when"
EACH = None
PLACES: Sequence[tuple[str | None, ...]] = (
    ("solution", EACH),
    ("solution", EACH, "look", EACH),
    ("solution", EACH, "expect", EACH),
    ("alternatives", EACH),
    ("healthy", EACH),
    ("always", EACH),
    ("broken", EACH),
)


def choose(data: Mapping[str, Any], draws: Draws, values: Mapping[str, Value], problems: Problems) -> dict[str, Any]:
    """``data`` with the drawn faults in place and without what is for other draws.

    ``problems`` learns where in the file the rest stands.
    """
    chooser = _Chooser(draws, values, problems)
    found = {key: chooser.chosen(value, (key,), (key,)) for key, value in data.items()}
    if draws.variants:
        found[FAULTS] = chooser.faults(data[FAULTS])
    problems.moved.update(chooser.moved)
    return found


def misfit(name: str, words: Sequence[str], draws: Draws) -> Iterator[str]:
    """What is wrong with a condition, in words."""
    family = draws.families.get(name)
    if family is None or family.fixed:
        drawn = [other for other, known in draws.families.items() if not known.fixed]
        yield f"{name} is not drawn in this lab{did_you_mean(name, drawn)}"
        return
    known = [as_text(value) for value in family.values]
    for word in words:
        if word not in known:
            yield f"{name} is never {word}{did_you_mean(word, known)}"


@dataclass
class _Chooser:
    draws: Draws
    values: Mapping[str, Value]
    problems: Problems
    moved: dict[Trail, Trail] = field(default_factory=dict)

    def faults(self, section: Mapping[str, Any]) -> dict[str, Any]:
        """The drawn variant in the place of the choice; a choice that cannot be read is left out."""
        found = {}
        for key, entry in section.items():
            if key not in self.draws.variants:
                found[key] = entry
            elif names := self.draws.variants[key]:
                at = names[str(self.values[key])]
                found[key] = entry[ONE_OF][at]
                self.moved[FAULTS, key] = (FAULTS, key, ONE_OF, at)
        return found

    def chosen(self, value: Any, old: Trail, new: Trail) -> Any:
        """The part of ``value`` that holds; ``old`` is where it stands in the file, ``new`` where it will."""
        if not any(_fits(old, place[: len(old)]) for place in PLACES):
            return value
        if isinstance(value, dict):
            inner = {key: part for key, part in value.items() if self._holds(part, (*old, key))}
            return {key: self._bare(part, (*old, key), (*new, key)) for key, part in inner.items()}
        if not isinstance(value, list):
            return value
        kept: list[Any] = []
        for index, part in enumerate(value):
            here, there = (*old, index), (*new, len(kept))
            if self._holds(part, here):
                kept.append(self._bare(part, here, there))
                if index != len(kept) - 1:
                    self.moved[there] = here
        return kept

    def _bare(self, part: Any, old: Trail, new: Trail) -> Any:
        inner = self.chosen(part, old, new)
        return {key: value for key, value in inner.items() if key != WHEN} if _is_place(old, inner) else inner

    def _holds(self, part: Any, trail: Trail) -> bool:
        if not _is_place(trail, part) or WHEN not in part:
            return True
        conditions, place = part[WHEN], (*trail, WHEN)
        if not isinstance(conditions, dict) or not conditions:
            self.problems.add(place, "expected {NAME: value} or {NAME: [values]} of something drawn", conditions)
            return True
        answers = [self._is(name, word, (*place, name)) for name, word in conditions.items()]
        return all(answers)

    def _is(self, name: str, wanted: Any, place: Trail) -> bool:
        given = wanted if isinstance(wanted, list) else [wanted]
        if not given or not all(isinstance(word, str | int | float) and not isinstance(word, bool) for word in given):
            self.problems.add(place, "expected a value, or a list of values", wanted)
            return True
        words = [as_text(word) for word in given]
        wrong = list(misfit(name, words, self.draws))
        for what in wrong:
            self.problems.add(place, what)
        return bool(wrong) or as_text(self.values[name]) in words


def _fits(trail: Trail, place: Sequence[str | None]) -> bool:
    return len(trail) == len(place) and all(want in (EACH, got) for got, want in zip(trail, place, strict=True))


def _is_place(trail: Trail, part: Any) -> bool:
    return isinstance(part, dict) and any(_fits(trail, place) for place in PLACES)

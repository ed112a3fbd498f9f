"""A definition looked into as a whole: with every variant of its drawn faults and both ends of every family."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path

from droplab.harness.definition import advice, advice_on_draws, folder
from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.definition.draws import Draws, read_draws
from droplab.harness.definition.lab import Lab
from droplab.harness.definition.loader import file_of, load
from droplab.harness.definition.parameters import Family
from droplab.harness.definition.problems import Problems
from droplab.harness.definition.substitution import as_text
from droplab.harness.definition.yaml_positions import read
from droplab.harness.errors import DefinitionError, UsageError

MOST_COMBINED = 64
"""Of several drawn faults so many combinations are tried."""
FEW = 12
"""A family of so many values is tried as a whole, of a larger one the ends."""

Settings = Mapping[str, str]
"""A value for everything that is drawn, as ``--set`` takes it."""


@dataclass(frozen=True)
class Try:
    """One draw: the lab, or what is wrong with it."""

    settings: Settings
    lab: Lab | None
    problems: tuple[str, ...] = ()


def validate(path: Path, *, catalogue: Catalogue | None = None) -> tuple[Lab, list[str]]:
    """The lab, and one sentence for each thing that is allowed in its definition and probably not meant.

    Raises DefinitionError with what is wrong in any draw; what only some draws have says in which.
    """
    file = file_of(path)
    source = read(file, folder.shown(file))
    problems = Problems(source)
    draws = read_draws(source.data, 0, problems)
    if problems.at(()):
        load(path, catalogue=catalogue)
        raise AssertionError("a definition whose draws cannot be read is refused")
    tries = [_tried(path, settings, catalogue) for settings in _all_settings(draws)]
    if found := _told(tries, lambda one: one.problems):
        raise DefinitionError(found)
    labs = [(one.settings, one.lab) for one in tries if one.lab]
    words = [
        *_told(tries, lambda one: tuple(advice.warnings(one.lab)) if one.lab else ()),
        *_unused([lab for _, lab in labs]),
        *advice_on_draws.warnings(source.data, file.parent, draws, labs),
    ]
    return labs[0][1], [f"{source.name}: {line}" for line in words]


def _tried(path: Path, settings: Settings, catalogue: Catalogue | None) -> Try:
    try:
        return Try(settings, load(path, overrides=settings, catalogue=catalogue))
    except DefinitionError as error:
        return Try(settings, None, error.problems)
    except UsageError as error:  # a formula that cannot be computed with these values
        return Try(settings, None, (f"{folder.shown(file_of(path))}:1:1: parameters: {error}",))


def _all_settings(draws: Draws) -> Iterator[Settings]:
    """Every variant; with each of them every value of every family by itself, the others as seed 0 draws them."""
    drawn = {name: family for name, family in draws.families.items() if not family.fixed}
    usual = {name: as_text(family.draw(name, 0)) for name, family in drawn.items()}
    faults = [[(name, variant) for variant in draws.variants[name]] for name in drawn if name in draws.variants]
    seen: list[Settings] = []
    for combination in islice(product(*faults), MOST_COMBINED):
        base = {**usual, **dict(combination)}
        others = [(name, word) for name in drawn if name not in draws.variants for word in _words(drawn[name])]
        for settings in (base, *({**base, name: word} for name, word in others)):
            if settings not in seen:
                seen.append(settings)
                yield settings


def _words(family: Family) -> list[str]:
    values = family.values if len(family.values) <= FEW else (family.values[0], family.values[-1])
    return [as_text(value) for value in values]


def _unused(labs: Sequence[Lab]) -> list[str]:
    """What no draw uses."""
    return [line for line in advice.unused(labs[0]) if all(line in advice.unused(lab) for lab in labs)]


def _told(tries: Sequence[Try], lines: Callable[[Try], tuple[str, ...]]) -> list[str]:
    """The lines of all tries, each once; what not all of them have says which."""
    holders: dict[str, list[Settings]] = {}
    for one in tries:
        for line in dict.fromkeys(lines(one)):
            holders.setdefault(line, []).append(one.settings)
    everything = [one.settings for one in tries]
    return [line + _with(settings, everything) for line, settings in holders.items()]


def _with(holders: Sequence[Settings], tries: Sequence[Settings]) -> str:
    """``(with cause=A or B)``, the shortest words for ``holders`` among the ``tries``; empty for all of them."""
    if len(holders) == len(tries):
        return ""
    for name in holders[0]:
        words = list(dict.fromkeys(settings[name] for settings in holders))
        if len([settings for settings in tries if settings[name] in words]) == len(holders):
            return f" (with {name}={' or '.join(words)})"
    return f" (with {', '.join(f'{name}={word}' for name, word in holders[0].items())})"

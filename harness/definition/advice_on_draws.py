"""Numbers of a story that do not follow the draw: warnings of validate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from droplab.harness.contracts.fault import Fault
from droplab.harness.definition import folder
from droplab.harness.definition.draws import Draws
from droplab.harness.definition.lab import Lab
from droplab.harness.definition.substitution import MARK, as_text
from droplab.harness.verdict.expectation import Near

PER_CENT = re.compile(r"(?<![\w.$])(\d+(?:\.\d+)?) ?(?:%|per ?cent\b)")
TEXTS = ("story", "hints", "because")
Drawn = Sequence[tuple[Mapping[str, str], Lab]]
"""What was set, and the lab that it gave."""


def warnings(data: Mapping[str, Any], home: Path, draws: Draws, labs: Drawn) -> Iterator[str]:
    """One sentence for each number that holds for some draws only."""
    shares = dict(_shares(draws))
    for where, text in _texts(data, home):
        for number in dict.fromkeys(PER_CENT.findall(text)):
            for name, values in shares.items():
                if round(float(number) / 100, 9) in values:
                    yield (
                        f"{where}: says {number} %, but {name} is drawn from {values[0]:g} to {values[-1]:g}; "
                        f"write $x % with a parameter x: {{formula: 100 * {name}}}"
                    )
    if re.search(MARK, data["title"].replace("$$", "")):
        yield "title: a list of labs shows it as it is written, with the $name in it"
    for name in shares:
        yield from _constant(name, labs)


def _shares(draws: Draws) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The families of proportions: numbers from 0 to 1, more than one."""
    for name, family in draws.families.items():
        numbers = [value for value in family.values if not isinstance(value, str) and 0 <= value <= 1]
        if not family.fixed and len(set(numbers)) == len(family.values) > 1:
            yield name, tuple(sorted(round(float(number), 9) for number in numbers))


def _texts(data: Any, home: Path, where: str = "") -> Iterator[tuple[str, str]]:
    """The texts of a definition that people read, before anything is put into them."""
    for key, value in data.items():
        place = f"{where}{key}"
        if key == "solution" and isinstance(value, list):
            for index, step in enumerate(value):
                yield from _texts(step, home, f"{place}.{index}.")
        elif key == "title":
            yield place, value
        elif key in TEXTS:
            for text in value if isinstance(value, list) else [value]:
                yield place, folder.text(home, text)[0]


def _constant(name: str, labs: Drawn) -> Iterator[str]:
    """Loss that is expected to be the same whatever the only fault drops."""
    first, others = labs[0], labs[1:]
    for settings, lab in others:
        changed = [key for key in settings if settings[key] != first[0][key]]
        if changed != [name] or (shares := [_share(lab), _share(first[1])])[0] == shares[1] or None in shares:
            continue
        for probe, metrics in lab.broken.items():
            loss = metrics.get("loss")
            if isinstance(loss, Near) and loss == first[1].broken.get(probe, {}).get("loss"):
                yield (
                    f"broken.{probe}.loss: is {as_text(loss.p)} whatever {name} is, and the fault drops {shares[0]:g} "
                    f"or {shares[1]:g}; write a formula with {name}"
                )
        return


def _share(lab: Lab) -> float | None:
    """What the only harmful fault drops at random, 0..1."""
    harmful: list[Fault] = [use.fault for use in lab.faults.values() if use.fault.signature().effect != "none"]
    return getattr(harmful[0], "probability", None) if len(harmful) == 1 else None

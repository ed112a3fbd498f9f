"""The solution of a definition, and its alternatives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from droplab.harness.definition.expectations import Reader
from droplab.harness.definition.lab import Alternative, FaultUse, Step
from droplab.harness.definition.looks import build_look
from droplab.harness.definition.reading import Reading
from droplab.harness.definition.shapes import AlternativeShape, Run, StepShape
from droplab.harness.definition.yaml_positions import Trail

PHASES = ("healthy", "broken", "gone")
"""What the other phases of a report are called."""


def build_steps(shapes: Sequence[StepShape], expectations: Reader, reading: Reading) -> tuple[Step, ...]:
    """The steps of the solution; mistakes go to the problems."""
    titles: dict[str, int] = {}
    for index, shape in enumerate(shapes):
        if shape.title in PHASES or titles.setdefault(shape.title, index) != index:
            reading.problems.add(("solution", index, "title"), "another phase of the report is called so", shape.title)
    return tuple(_step(shape, ("solution", index), expectations, reading) for index, shape in enumerate(shapes))


def _step(shape: StepShape, trail: Trail, expectations: Reader, reading: Reading) -> Step:
    looks = (build_look(entry, (*trail, "look", index), reading) for index, entry in enumerate(shape.look))
    if shape.removes and not shape.run and not reading.problems.at((*trail, "run")):
        reading.problems.add((*trail, "removes"), "this step runs nothing, so it removes nothing", shape.removes)
    return Step(
        title=shape.title,
        because=reading.text(shape.because, (*trail, "because"))[0],
        look=tuple(look for look in looks if look),
        run=_commands(shape.run, (*trail, "run"), reading),
        removes=tuple(shape.removes),
        expect=expectations.read(shape.expect, (*trail, "expect")),
    )


def _commands(run: Run, trail: Trail, reading: Reading) -> tuple[tuple[str, str], ...]:
    for node in run:
        reading.is_node(node, (*trail, node), of_key=True, also=("switch",))
    return tuple((node, command) for node, commands in run.items() for command in commands)


def check_removals(shapes: Sequence[StepShape], faults: Mapping[str, FaultUse], reading: Reading) -> None:
    """Every fault is removed by exactly one step; a suspect, which does no harm, may stay."""
    removed: dict[str, int] = {}
    for index, shape in enumerate(shapes):
        for position, key in enumerate(shape.removes):
            place = ("solution", index, "removes", position)
            if reading.is_fault(key, place) and key in removed:
                reading.problems.add(place, f"step {removed[key] + 1} has removed it already", key)
            removed.setdefault(key, index)
    if reading.problems.at(("solution",)):
        return
    for key, use in faults.items():
        if key not in removed and use.fault.signature().effect != "none":
            reading.problems.add(("faults", key), "no step of the solution removes it", of_key=True)


def build_alternatives(
    shapes: Sequence[AlternativeShape], expected: Collection[str], reading: Reading
) -> tuple[Alternative, ...]:
    """Other right repairs; mistakes go to the problems. ``expected``: the probes that healthy and always mention."""
    return tuple(_alternative(shape, ("alternatives", index), expected, reading) for index, shape in enumerate(shapes))


def _alternative(shape: AlternativeShape, trail: Trail, expected: Collection[str], reading: Reading) -> Alternative:
    for index, probe in enumerate(shape.cures or ()):
        place = (*trail, "cures", index)
        if reading.is_probe(probe, place) and probe not in expected and not _unread(reading):
            reading.problems.add(place, "neither healthy nor always expects anything of this probe", probe)
    if shape.cures == []:
        reading.problems.add((*trail, "cures"), "cures no probe; leave it out when it cures all")
    return Alternative(
        title=shape.title,
        run=_commands(shape.run, (*trail, "run"), reading),
        leaves=tuple(dict.fromkeys(shape.leaves)),
        cures=None if shape.cures is None else tuple(dict.fromkeys(shape.cures)),
    )


def _unread(reading: Reading) -> bool:
    return reading.problems.at(("healthy",)) or reading.problems.at(("always",))

"""Evidence: ``{NODE: command, shows: regex, lacks: regex, during: {NODE: command}}``."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any

from droplab.harness.definition.lab import Look
from droplab.harness.definition.reading import Reading
from droplab.harness.definition.yaml_positions import Trail

ELSEWHERE = ("switch", "host")
BESIDE = ("shows", "lacks", "during")
LONGEST_PATTERN = 1000
LONGEST_COMMAND = 4000


def build_look(entry: Mapping[str, Any], trail: Trail, reading: Reading) -> Look | None:
    """The evidence; None, with a problem, when something is wrong with it."""
    places = [key for key in entry if key not in BESIDE]
    patterns = {key: _pattern(entry[key], key, (*trail, key), reading) for key in ("shows", "lacks") if key in entry}
    if not patterns:
        reading.problems.add(trail, "says neither what the command shows nor what it lacks")
    during = _during(entry["during"], (*trail, "during"), reading) if "during" in entry else None
    if len(places) != 1:
        _told_places(places, trail, reading)
        return None
    node, command = places[0], entry[places[0]]
    if not _is_place(node, trail, reading) or not _is_command(command, (*trail, node), reading):
        return None
    if during and node in ELSEWHERE:
        reading.problems.add((*trail, "during"), f"needs a command in a node, not in the {node}", of_key=True)
    return Look(node, command, patterns.get("shows"), patterns.get("lacks"), during)


def _told_places(places: list[str], trail: Trail, reading: Reading) -> None:
    if not places:
        reading.problems.add(trail, "names no command; write {NODE: command, shows: regex}")
    elif len([place for place in places if _is_place(place, trail, reading)]) == len(places):
        reading.problems.add(trail, "one command in each look", places)


def _is_place(name: str, trail: Trail, reading: Reading) -> bool:
    if reading.nodes is None or name in reading.nodes or name in ELSEWHERE:
        return True
    reading.problems.unknown_key(
        (*trail, name), "neither a node nor a key of a look", [*reading.nodes, *ELSEWHERE, *BESIDE]
    )
    return False


def _is_command(command: Any, trail: Trail, reading: Reading) -> bool:
    if isinstance(command, str) and command.strip() and len(command) <= LONGEST_COMMAND:
        return True
    reading.problems.add(trail, "expected a command", command)
    return False


def _during(given: Any, trail: Trail, reading: Reading) -> tuple[str, str] | None:
    if not isinstance(given, dict) or len(given) != 1:
        reading.problems.add(trail, "expected one command, {NODE: command}", given)
        return None
    ((node, command),) = given.items()
    known = reading.is_node(node, (*trail, node), of_key=True)
    return (node, command) if _is_command(command, (*trail, node), reading) and known else None


def _pattern(given: Any, key: str, trail: Trail, reading: Reading) -> str | None:
    """A regular expression as the engine will use it, with MULTILINE."""
    if not isinstance(given, str) or not given or len(given) > LONGEST_PATTERN:
        reading.problems.add(trail, f"expected a regular expression of 1 to {LONGEST_PATTERN} characters", given)
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a FutureWarning tells of a "[[" that was not meant
            matches_nothing = re.compile(given, re.MULTILINE).search("") is not None
    except (re.error, RecursionError, OverflowError, FutureWarning, DeprecationWarning) as error:
        reading.problems.add(trail, f"not a regular expression: {error}", given)
        return None
    if matches_nothing:
        every = "always" if key == "shows" else "never"
        reading.problems.add(trail, f"matches even when nothing is printed, so that it {every} holds", given)
    return given

"""What faults and probes have in common: an entry with a node and exactly one kind, which is a key of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, TypeVar

from droplab.harness.definition.nearest import is_near
from droplab.harness.definition.reading import Reading
from droplab.harness.definition.yaml_positions import Trail
from droplab.harness.errors import DefinitionError

Class = TypeVar("Class")


def kind_of(
    entry: Mapping[str, Any],
    trail: Trail,
    reading: Reading,
    *,
    what: Literal["fault", "probe"],
    kinds: Collection[str],
    beside: tuple[str, ...],
) -> str | None:
    """The one key of ``entry`` that is a kind. ``beside``: the keys that may always stand beside it."""
    found = [key for key in entry if key in kinds]
    if len(found) == 1:
        return found[0]
    strangers = [key for key in entry if key not in beside]
    if found:
        reading.problems.add(trail, f"one kind of {what} in each entry", found)
    elif strangers:
        meant = next((key for key in strangers if is_near(key, kinds)), strangers[0])
        reading.problems.unknown_key((*trail, meant), f"not a kind of {what}", [*kinds, *beside])
    else:
        write = {"fault": "KIND: {parameters}", "probe": "KIND: target"}[what]
        reading.problems.add(trail, f"names no kind of {what}; write {{node: NODE, {write}}}")
    return None


def class_of(
    find: Callable[[str], type[Class]], kind: str | None, trail: Trail, reading: Reading
) -> type[Class] | None:
    """The class of a kind; None, with a problem, when its own file is broken."""
    if kind is None:
        return None
    try:
        return find(kind)
    except DefinitionError as error:
        reading.problems.add((*trail, kind), f"cannot be used: {error}", of_key=True)
        return None


def node_of(entry: Mapping[str, Any], trail: Trail, reading: Reading, *, also: tuple[str, ...] = ()) -> str | None:
    """The node of an entry."""
    if "node" not in entry:
        reading.problems.add((*trail, "node"), "is missing: the node that it is for")
        return None
    node = entry["node"]
    return node if reading.is_node(node, (*trail, "node"), also=also) else None

"""What differs between two snapshots, one difference for each value, rule, process or file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from droplab.harness.engine.snapshot.model import Section, Snapshot
from droplab.harness.engine.snapshot.words import Change, sentence

WHOLE = frozenset({"links", "sysctls"})
"""Sections in which an item that is gone is one difference, not one for each of its values."""
OF_AN_INTERFACE = frozenset({"addresses", "neighbours", "qdiscs"})
"""Sections whose items are interfaces."""


@dataclass(frozen=True)
class Difference:
    """One thing that differs. ``words`` is one line for a person: the node, what it is, and was -> now."""

    node: str
    section: str
    words: str


def diff(before: Snapshot, after: Snapshot) -> list[Difference]:
    """Everything that differs, in the order of the sections; empty means equal. Both are of the same nodes.

    What hung on an interface that is gone (addresses, routes, sysctls) is not told beside it.
    """
    return [
        Difference(node, section, f"{node}: {sentence(section, change)}")
        for node, sections in before.nodes.items()
        for section, change in _of_node(sections, after.nodes[node])
    ]


def _of_node(before: Mapping[str, Section], after: Mapping[str, Section]) -> Iterator[tuple[str, Change]]:
    gone = before["links"].keys() - after["links"].keys()
    for name, section in before.items():
        for change in _of_section(name, section, after[name]):
            if not _went_with_a_link(name, change, gone):
                yield name, change


def _of_section(name: str, before: Section, after: Section) -> Iterator[Change]:
    for item in sorted(before.keys() | after.keys()):
        was, now = before.get(item), after.get(item)
        if name in WHOLE and (was is None or now is None):
            yield Change(item, "", None if was is None else "there", None if now is None else "there")
        elif isinstance(was, list) or isinstance(now, list):
            yield from _of_lines(item, list(was or ()), list(now or ()))
        else:
            yield from _of_values(item, was or {}, now or {})


def _of_values(item: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield Change(item, key, before.get(key), after.get(key))


def _of_lines(item: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """Lines that are missing or new; of the others, the first two that have changed places."""
    was, now = Counter(before), Counter(after)
    for line in dict.fromkeys([*before, *after]):
        for copy in range(min(was[line], now[line]), max(was[line], now[line])):
            key = line if copy == 0 else f"{line} (copy {copy + 1})"
            yield Change(item, key, "there" if copy < was[line] else None, "there" if copy < now[line] else None)
    for first, other in zip(_kept(before, was & now), _kept(after, was & now), strict=True):
        if first != other:
            yield Change(item, "order", first, other)
            return


def _kept(lines: Sequence[str], shared: Counter[str]) -> list[str]:
    """The lines that both sides have, as often as both have them."""
    left = Counter(shared)
    kept = []
    for line in lines:
        if left[line]:
            left[line] -= 1
            kept.append(line)
    return kept


def _went_with_a_link(section: str, change: Change, gone: set[str]) -> bool:
    """Whether it could not stay when an interface went, or when a port left its bridge.

    New sysctls say nothing: see ``normalise``.
    """
    if section == "links":
        return change.key.startswith("port ") and None in {change.was, change.now}
    if section == "sysctls":
        return change.was is None or change.item.rpartition(".")[2] in gone
    if section == "routes":
        return any(f" dev {name} " in f"{change.key} " for name in gone)
    return section in OF_AN_INTERFACE and change.item in gone

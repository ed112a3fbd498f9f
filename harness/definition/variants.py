"""A fault that is drawn: ``cause: {one_of: {NAME: {node: NODE, KIND: {...}}, ...}}``, or a list named by the kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from droplab.harness.definition.parameters import NAME, Family
from droplab.harness.definition.problems import Problems
from droplab.harness.definition.yaml_positions import Trail

FAULTS, ONE_OF = "faults", "one_of"
BESIDE = ("node", "trigger")
MOST = 64

Variants = Mapping[str, str | int]
"""Name of a variant to its key or index in ``one_of``."""


def is_drawn(entry: Any) -> bool:
    """Whether an entry of ``faults`` is a choice of faults."""
    return isinstance(entry, dict) and ONE_OF in entry


def read_variants(section: Any, problems: Problems) -> dict[str, Variants]:
    """The drawn faults by key. What is wrong goes to ``problems``; a choice that cannot be read has no variants."""
    entries = section.items() if isinstance(section, dict) else ()
    return {key: _variants(entry, key, problems) for key, entry in entries if is_drawn(entry)}


def families(variants: Mapping[str, Variants]) -> dict[str, Family]:
    """A family of names for each drawn fault; ``--set`` takes a name or its number, counted from 1."""
    return {key: Family(tuple(names), fixed=False, numbered=True) for key, names in variants.items() if names}


def _variants(entry: Mapping[str, Any], key: str, problems: Problems) -> Variants:
    trail, choice = (FAULTS, key, ONE_OF), entry[ONE_OF]
    for other in entry.keys() - {ONE_OF}:
        problems.unknown_key((FAULTS, key, other), f"stands in each fault of {ONE_OF}, not beside it", ())
    if not isinstance(choice, dict | list) or not 1 <= len(choice) <= MOST:
        problems.add(trail, f"expected 1 to {MOST} faults, {{name: {{node: NODE, KIND: {{...}}}}}} or a list", choice)
        return {}
    if isinstance(choice, dict):
        return _named(choice, trail, problems)
    found: dict[str, str | int] = {}
    for index, fault in enumerate(choice):
        kind = _kind(fault)
        if kind is None:
            problems.add((*trail, index), "expected a fault, {node: NODE, KIND: {parameters}}", fault)
        elif kind in found:
            words = f"a second {kind}: give the variants names of your own, {ONE_OF}: {{name: {{...}}, ...}}"
            problems.add((*trail, index), words)
        else:
            found[kind] = index
    return found


def _named(choice: Mapping[str, Any], trail: Trail, problems: Problems) -> Variants:
    found: dict[str, str | int] = {}
    for name, fault in choice.items():
        if not NAME.fullmatch(name):
            problems.add((*trail, name), "the name of a variant has only letters, digits and _", of_key=True)
        elif not isinstance(fault, dict):
            problems.add((*trail, name), "expected a fault, {node: NODE, KIND: {parameters}}", fault)
        else:
            found[name] = name
    return found


def _kind(fault: Any) -> str | None:
    kinds = [name for name in fault if name not in BESIDE] if isinstance(fault, dict) else []
    return kinds[0] if kinds and NAME.fullmatch(kinds[0]) else None

"""Hints: a list, or Markdown with one list item for each. ``[fault_key]`` before a text binds it to a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from droplab.harness.definition.lab import Hint
from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.definition.reading import Reading
from droplab.harness.definition.yaml_positions import Trail

ITEM = re.compile(r"[-*+][ \t]+")
BOUND = re.compile(r"\[([A-Za-z_][A-Za-z0-9_]*)\](?!\()[ \t]*")  # a link has a parenthesis behind the bracket
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def build_hints(given: Sequence[str], reading: Reading) -> tuple[Hint, ...]:
    """The hints from general to specific; mistakes go to the problems."""
    found: list[Hint] = []
    for index, words in enumerate(given):
        trail: Trail = ("hints", index)
        text, file = reading.text(words, trail)
        if reading.problems.at(trail):
            continue
        items = list(_items(text)) if file or ITEM.match(text) else [(1, text)]
        if file and not items:
            reading.problems.add_elsewhere(f"{file}:1:1: no hints here; each is an item of a list: - text")
        found += [_hint(item, line, file, trail, reading) for line, item in items]
    return tuple(found)


def _items(text: str) -> Iterator[tuple[int, str]]:
    """The line and the text of every item of the outermost list; what stands before the first one is no hint."""
    begun: list[str] = []
    at = 0
    for number, line in enumerate(COMMENT.sub(_same_lines, text).split("\n"), 1):
        if mark := ITEM.match(line):
            if begun:
                yield at, "\n".join(begun).strip()
            begun, at = [line[mark.end() :]], number
        elif begun:
            begun.append(line.removeprefix("  "))
    if begun:
        yield at, "\n".join(begun).strip()


def _same_lines(comment: re.Match[str]) -> str:
    return "\n" * comment[0].count("\n")


def _hint(text: str, line: int, file: str | None, trail: Trail, reading: Reading) -> Hint:
    bound = BOUND.match(text)
    key, words = (bound[1], text[bound.end() :]) if bound else (None, text)
    if key is not None and reading.faults is not None and key not in reading.faults:
        if file:
            hint = did_you_mean(key, reading.faults)
            reading.problems.add_elsewhere(f"{file}:{line}:3: no fault of this lab is called {key}{hint}")
        else:
            reading.is_fault(key, trail)
    if not words.strip() and file:
        reading.problems.add_elsewhere(f"{file}:{line}:1: this hint is empty")
    elif not words.strip():
        reading.problems.add(trail, "this hint is empty")
    return Hint(words.strip(), key)

"""Hints: a list, or Markdown with one list item for each.

``[fault_key]`` before a text binds it to a fault; ``[cause=NAME]`` or ``[cause=A|B]`` also to what was drawn for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from droplab.harness.definition.lab import Hint
from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.definition.reading import Reading
from droplab.harness.definition.substitution import as_text
from droplab.harness.definition.when import misfit
from droplab.harness.definition.yaml_positions import Trail

ITEM = re.compile(r"[-*+][ \t]+")
# a link has a parenthesis behind the bracket
BOUND = re.compile(r"\[([A-Za-z_][A-Za-z0-9_]*)(?:=([^\]\n]*))?\](?!\()[ \t]*")
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
        hints = (_hint(item, line, file, trail, reading) for line, item in items)
        found += [hint for hint in hints if hint]
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


def _hint(text: str, line: int, file: str | None, trail: Trail, reading: Reading) -> Hint | None:
    """The hint; None when it is for another draw."""
    bound = BOUND.match(text)
    key, wanted, words = (bound[1], bound[2], text[bound.end() :]) if bound else (None, None, text)
    problems: list[str] = []
    if key is not None and wanted is not None:
        problems += misfit(key, wanted.split("|"), reading.draws)
    elif key is not None and reading.faults is not None and key not in reading.faults:
        problems.append(f"no fault of this lab is called {key}{did_you_mean(key, reading.faults)}")
    for column, what in [(3, problem) for problem in problems] + [(1, "this hint is empty")] * (not words.strip()):
        if file:
            reading.problems.add_elsewhere(f"{file}:{line}:{column}: {what}")
        else:
            reading.problems.add(trail, what)
    if wanted is not None and not problems and as_text(reading.parameters[str(key)]) not in wanted.split("|"):
        return None
    return Hint(words.strip(), key if wanted is None or key in (reading.faults or ()) else None)

"""YAML as plain data, with the place of every value, so that an error can say where it is.

Safe for arbitrary bytes: the size of the file, the depth and the number of expanded nodes are bounded. Stricter than
YAML where a beginner would be surprised: no tags, no duplicate keys, keys are text, 1e-3 is a number, 010 and 12:30
are text. The merge key ``<<`` works.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from droplab.harness.definition.yaml_nodes import MOST_LEVELS, NotThis, compose
from droplab.harness.errors import DefinitionError

MOST_BYTES = 256 * 1024
MOST_NODES = 20_000
MOST_CHARACTERS = 1_000_000

Place = tuple[int, int]
"""Line and column, counted from 1."""
Trail = tuple[str | int, ...]
"""The keys and indices that lead to a value."""

CONTROL = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
NUMBER = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,3})?")
LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
"""What YAML 1.1 does not read as text."""


@dataclass(frozen=True)
class Source:
    """A YAML file: plain data, and where each value and each key of it stands."""

    name: str
    """The file as messages name it."""
    data: Any
    values: Mapping[Trail, Place]
    keys: Mapping[Trail, Place]

    def place(self, trail: Trail, *, of_key: bool = False) -> Place:
        """The place of a value or of its key, or of the nearest thing around it."""
        places = self.keys if of_key else self.values
        if trail in places:
            return places[trail]
        while trail not in self.values and trail:
            trail = trail[:-1]
        return self.values.get(trail, (1, 1))


def read(file: Path, name: str | None = None) -> Source:
    """Read a file. Raises DefinitionError, also for a file that is missing, unreadable or too large."""
    shown = name or str(file)
    try:
        if not file.is_file():
            raise DefinitionError([f"{shown}: no such file"])
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise DefinitionError([f"{shown}: cannot be read: {error.strerror}"]) from None
    except ValueError as error:
        raise DefinitionError([f"{shown!r}: not a file name: {error}"]) from None
    return parse(content, shown)


def parse(content: bytes, name: str) -> Source:
    """The source that ``content`` is. Raises DefinitionError with the place of the first problem."""
    try:
        text = _decoded(content)
        node = compose(text)
        if node is None:
            raise NotThis(0, 0, "the file is empty; begin with `schema: 1`")
        plain = _Plain()
        data = plain.value(node, ())
        if not isinstance(data, dict):
            raise NotThis.at(node.start_mark, f"expected `key: value` lines, got {type(data).__name__}")
    except NotThis as problem:
        raise DefinitionError([f"{name}:{problem.line + 1}:{problem.column + 1}: {problem}"]) from None
    return Source(name, data, plain.values, plain.keys)


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise NotThis(0, 0, f"larger than {MOST_BYTES // 1024} KiB; a definition is a page or two")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = content[: error.start].decode("utf-8-sig", errors="replace")
        words = f"not UTF-8 (got byte 0x{content[error.start]:02x}); save the file as UTF-8"
        raise NotThis(*_place(good, len(good)), words) from None
    if found := CONTROL.search(text):
        raise NotThis(*_place(text, found.start()), f"a control character (U+{ord(found[0]):04X}) cannot stand in YAML")
    return text


def _place(text: str, index: int) -> Place:
    return text.count("\n", 0, index), index - text.rfind("\n", 0, index) - 1


class _Plain:
    """Turns nodes into plain data and notes their places. What an alias refers to is expanded, within bounds."""

    def __init__(self) -> None:
        self.values: dict[Trail, Place] = {}
        self.keys: dict[Trail, Place] = {}
        self._seen = 0
        self._characters = 0

    def value(self, node: yaml.Node, trail: Trail) -> Any:
        self._seen += 1
        if self._seen > MOST_NODES:
            raise NotThis.at(node.start_mark, f"more than {MOST_NODES} values once aliases are expanded")
        if len(trail) > MOST_LEVELS:
            raise NotThis.at(
                node.start_mark, f"nested too deep: more than {MOST_LEVELS} levels once aliases are expanded"
            )
        self.values[trail] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.ScalarNode):
            self._characters += len(node.value)
            if self._characters > MOST_CHARACTERS:
                raise NotThis.at(node.start_mark, f"more than {MOST_CHARACTERS} characters once aliases are expanded")
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*trail, index)) for index, item in enumerate(node.value)]
        return self._mapping(node, trail)

    def _mapping(self, node: Any, trail: Trail) -> dict[str, Any]:
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            name = _key(key)
            if name in own:
                line = own[name][0].start_mark.line + 1
                raise NotThis.at(key.start_mark, f"the key {name} is here twice (first in line {line})")
            own[name] = key, value
        return {name: self._pair(pair, (*trail, name)) for name, pair in self._merged(own, 0).items()}

    def _pair(self, pair: tuple[yaml.Node, yaml.Node], trail: Trail) -> Any:
        self.keys[trail] = (pair[0].start_mark.line + 1, pair[0].start_mark.column + 1)
        return self.value(pair[1], trail)

    def _merged(
        self, own: dict[str, tuple[yaml.Node, yaml.Node]], depth: int
    ) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """``own`` with what its ``<<`` brings, which never overrides; of a list of mappings the first wins."""
        if "<<" not in own or own["<<"][0].tag != "plain":
            return own
        rest = {name: pair for name, pair in own.items() if name != "<<"}
        node = own["<<"][1]
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(source, yaml.MappingNode):
                raise NotThis.at(
                    node.start_mark, "<< merges a mapping: `<<: *name`, where &name stands before a mapping"
                )
            self._seen += len(source.value)
            if depth > MOST_LEVELS or self._seen > MOST_NODES:
                raise NotThis.at(node.start_mark, f"more than {MOST_NODES} values once << is merged")
            brought = self._merged({_key(key): (key, value) for key, value in source.value}, depth + 1)
            rest = {**{name: pair for name, pair in brought.items() if name not in rest}, **rest}
        return rest


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise NotThis.at(node.start_mark, "a key must be text; a text that begins with { or [ must be in quotes")
    value = _scalar(node)
    if not isinstance(value, str):
        shown = str(value).lower() if isinstance(value, bool) else "nothing" if value is None else "a number"
        raise NotThis.at(
            node.start_mark, f'the key {node.value} is read as {shown}; keys are text: write "{node.value}"'
        )
    return value


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    """What a scalar means."""
    text = str(node.value)
    if found := CONTROL.search(text):  # by an escape such as "\0"
        raise NotThis.at(node.start_mark, f"a text cannot hold a control character (U+{ord(found[0]):04X})")
    return text if node.tag == "quoted" else plain(text)


def plain(text: str) -> str | int | float | bool | None:
    """What a text without quotes means: YAML 1.2's numbers, YAML 1.1's true, false and null, else text."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if NUMBER.fullmatch(text) and not LEADING_ZERO.match(text) and math.isfinite(float(text)):
        return float(text)
    return text

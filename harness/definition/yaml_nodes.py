"""From the events of a YAML parser to a tree of nodes, without recursion and within bounds.

``yaml.compose`` does the same recursively: with the C parser a file of 200 000 opening dashes ends the interpreter by
a stack overflow (measured with PyYAML 6.0.3, libyaml 0.2.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol

import yaml

MOST_LEVELS = 24
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

HINTS = (
    (
        r"mapping values are not allowed",
        'a ": " inside of a text ends it: put the text in quotes, or check the indentation',
    ),
    (r"unknown escape", "a backslash in double quotes starts an escape: use single quotes, as in '\\d+'"),
    (r"cannot start any token", "a tab, or a text that begins with one of @ ` % must be in quotes; indent with spaces"),
    (r"expected ',' or|expected node content", "a bracket is not closed, or a comma is missing before this place"),
    (r"unexpected end of stream", "a quote is not closed"),
    (r"could not find expected ':'", 'a "key: value" was expected here'),
    (
        r"did not find expected|expected <block end>|'<document start>'",
        "the indentation or a bracket does not fit here",
    ),
    (r"sequence entries are not allowed", 'a list item "- ..." must begin on a line of its own'),
    (
        r"undefined alias",
        "this alias (*name) has no anchor (&name) above it; a text that begins with * must be in quotes",
    ),
)


class Mark(Protocol):
    """A place in a text; the C parser has a class of its own for it."""

    line: int
    column: int


class NotThis(Exception):
    """YAML that cannot be used; ``line`` and ``column`` count from 0."""

    def __init__(self, line: int, column: int, words: str) -> None:
        super().__init__(words)
        self.line, self.column = line, column

    @classmethod
    def at(cls, mark: Mark | None, words: str) -> NotThis:
        """At a mark of PyYAML."""
        return cls(mark.line, mark.column, words) if mark else cls(0, 0, words)


def compose(text: str) -> yaml.Node | None:
    """The only document of ``text``, None when there is none. Raises NotThis.

    Tags are refused here, aliases are kept as references to one and the same node.
    """
    try:
        return _Composer().document(yaml.parse(text, PARSER))
    except yaml.MarkedYAMLError as error:
        hint = next((hint for pattern, hint in HINTS if re.search(pattern, str(error.problem))), "")
        words = f"{error.problem or error}"
        raise NotThis.at(error.problem_mark, f"not YAML: {words}" + (f"; {hint}" if hint else "")) from None
    except yaml.YAMLError as error:
        raise NotThis(0, 0, f"not YAML: {' '.join(str(error).split())}") from None


class _Composer:
    """Holds what is open while the events go by."""

    def __init__(self) -> None:
        self._open: list[yaml.CollectionNode] = []
        self._keys: list[yaml.Node | None] = []
        """For each open mapping, the key whose value comes next; None for a sequence and when a key comes next."""
        self._anchors: dict[str, yaml.Node] = {}
        self._root: yaml.Node | None = None

    def document(self, events: Iterator[yaml.Event]) -> yaml.Node | None:
        documents = 0
        for event in events:
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise NotThis.at(
                            event.start_mark, "a second document begins here (---); one file, one definition"
                        )
                case yaml.AliasEvent():
                    self._add(self._aliased(event))
                case yaml.ScalarEvent() | yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self._begin(event)
                case yaml.CollectionEndEvent():
                    self._open.pop()
                    self._keys.pop()
        return self._root

    def _aliased(self, event: yaml.AliasEvent) -> yaml.Node:
        node = self._anchors.get(str(event.anchor))
        if node is None:
            words = f"no anchor &{event.anchor} above this alias; a text that begins with * must be in quotes"
            raise NotThis.at(event.start_mark, words)
        if any(node is one for one in self._open):
            raise NotThis.at(event.start_mark, f"the alias *{event.anchor} is inside of its own anchor")
        return node

    def _begin(self, event: Any) -> None:
        if event.tag is not None:
            words = f"tags are not used here (got {event.tag}); a text that begins with ! must be in quotes"
            raise NotThis.at(event.start_mark, words)
        node = _node(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._add(node)
        if isinstance(node, yaml.CollectionNode):
            if len(self._open) >= MOST_LEVELS:
                raise NotThis.at(event.start_mark, f"nested too deep: more than {MOST_LEVELS} levels")
            self._open.append(node)
            self._keys.append(None)

    def _add(self, node: yaml.Node) -> None:
        if not self._open:
            self._root = node
        elif isinstance(self._open[-1], yaml.SequenceNode):
            self._open[-1].value.append(node)
        elif self._keys[-1] is None:
            self._keys[-1] = node
        else:
            self._open[-1].value.append((self._keys[-1], node))
            self._keys[-1] = None


def _node(event: Any) -> yaml.Node:
    """``tag`` of a scalar is "plain" or "quoted"; what a plain one means is decided later."""
    start, end = event.start_mark, event.end_mark
    if isinstance(event, yaml.ScalarEvent):
        return yaml.ScalarNode("plain" if event.implicit[0] else "quoted", event.value, start, end)
    kind = yaml.SequenceNode if isinstance(event, yaml.SequenceStartEvent) else yaml.MappingNode
    return kind("", [], start, end)

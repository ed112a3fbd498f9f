"""A node that only answers reads, from a table: what a plan asks is seen, what it would write is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from droplab.harness.contracts.node import Node, Result

if TYPE_CHECKING:
    from droplab.harness.contracts.change import Change
    from droplab.harness.contracts.fault import Fault

TAKES_ALL = MappingProxyType({"unshare --net sh -c": ""})
"""A kernel that takes whatever is tried in a namespace of its own."""


class StandIn:
    """``answers``: the beginning of a command to its output. Any other command ends with status 1 and no output."""

    name = "web"
    hosts: Mapping[str, str] = MappingProxyType({"nginx": "198.18.1.2", "client": "198.18.1.3"})

    def __init__(self, answers: Mapping[str, str], files: Mapping[str, str] | None = None) -> None:
        self._answers, self._files = answers, files or {}
        self.asked: list[str] = []

    def run(
        self, argv: Sequence[str], *, check: bool = True, timeout_s: float = 10, stdin: str | None = None
    ) -> Result:
        """The output of the longest beginning that fits."""
        words = " ".join(argv)
        self.asked.append(words)
        fitting = [begin for begin in self._answers if words.startswith(begin)]
        assert fitting or not check, f"plan runs {words}, which is not known to be a read"
        said = self._answers[max(fitting, key=len)] if fitting else ""
        return Result(tuple(argv), 0 if fitting else 1, said, "", 0.0)

    def read(self, path: str) -> str:
        """A file of the table; raises FileNotFoundError."""
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._files[path]


def plan(fault: Fault, answers: Mapping[str, str], files: Mapping[str, str] | None = None) -> Change:
    """What the fault plans on such a node."""
    return fault.plan(cast(Node, StandIn(answers, files)))


def typed(commands: Sequence[Sequence[str]]) -> list[str]:
    """Commands as words with one space between them."""
    return [" ".join(argv) for argv in commands]

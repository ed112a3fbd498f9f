"""A change to a node, decided whole before anything runs: what is written to the journal and replayed by clean."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from droplab.harness.contracts.node import Entered, Result, Runs
from droplab.harness.errors import CommandFailed, UsageError

Argv = tuple[str, ...]
Place = Literal["network", "node"]
"""network: the host's tools in the node's network namespace. node: the node's own, among its files and processes."""


@dataclass(frozen=True)
class Question:
    """A command whose answer is yes when it ends with status 0 and, if ``shows`` is given, prints a match of it."""

    argv: Argv
    shows: str | None = None
    place: Place = "network"

    def holds(self, node: Runs) -> bool:
        """Ask the node. A missing device or table is a no, not an error."""
        result = run_at(node, self.place, self.argv, check=False)
        return result.returncode == 0 and (self.shows is None or re.search(self.shows, result.stdout) is not None)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Question:
        """A question out of a journal."""
        return cls(tuple(record["argv"]), record["shows"], record["place"])


def run_at(
    node: Runs, place: Place, argv: Argv, *, check: bool = True, timeout_s: float = 10, stdin: str | None = None
) -> Result:
    """Run a command of a change where it belongs. Raises as ``Runs.run``, UsageError for the wrong kind of node."""
    if place == "network":
        return node.run(argv, check=check, timeout_s=timeout_s, stdin=stdin)
    if not isinstance(node, Entered):
        raise UsageError(
            f"{node.name}: this fault changes files or processes of its node, so it needs a lab's own node"
        )
    result = node.exec(argv, timeout_s=timeout_s)
    if check and result.returncode:
        said = (result.stderr.strip() or result.stdout.strip()).splitlines()
        raise CommandFailed(f"{node.name}: {result.words}: exit status {result.returncode}: {said[-1] if said else ''}")
    return result


@dataclass(frozen=True)
class Change:
    """Commands a person could type, run in the node's network namespace with the host's tools, or in the node itself.

    ``present`` tells whether the change is there. ``original`` is given for a value (an MTU, a sysctl): it tells
    whether the old value is back, so that undoing never overwrites a third value that somebody else set.
    ``stdin`` is fed to the command of ``apply`` that reads /dev/stdin. ``host`` is the part that is felt by the whole
    machine: it is applied first, in the network namespace of the machine itself, and undone even when the node is gone.
    """

    apply: tuple[Argv, ...]
    present: Question
    revert: tuple[Argv, ...]
    original: Question | None = None
    stdin: str | None = None
    timeout_s: float = 10
    host: Change | None = None
    place: Place = "network"

    def run(self, node: Runs, argv: Argv, *, check: bool = True, stdin: str | None = None) -> Result:
        """Run one of its commands where it belongs."""
        return run_at(node, self.place, argv, check=check, timeout_s=self.timeout_s, stdin=stdin)

    def words(self) -> list[str]:
        """The commands of ``apply`` as a person types them."""
        own = [shlex.join(argv) for argv in self.apply]
        return [*(self.host.words() if self.host else []), *own]

    def to_json(self) -> dict[str, Any]:
        """All that undoing needs. ``stdin`` is never undone; ``host`` is journaled as a change of its own."""
        record = asdict(self)
        del record["stdin"], record["host"]
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Change:
        """The inverse of ``to_json`` as far as undoing goes."""
        original = record["original"]
        return cls(
            apply=tuple(tuple(argv) for argv in record["apply"]),
            present=Question.from_json(record["present"]),
            revert=tuple(tuple(argv) for argv in record["revert"]),
            original=Question.from_json(original) if original else None,
            timeout_s=record["timeout_s"],
            place=record["place"],
        )

"""A node that only answers what a plan reads: commands by their words, files by their path."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from droplab.harness.contracts.change import Change
from droplab.harness.contracts.node import Result
from droplab.harness.errors import CommandFailed

T = TypeVar("T")


class Attributes(dict[str, Any]):
    """A netlink message: fields by key, attributes by ``get_attr``."""

    def get_attr(self, name: str) -> Any:
        """The attribute, None when it is not there."""
        return self.get(name)


@dataclass(frozen=True)
class Links:
    """Interfaces (name to index) and addresses (address with prefix length to index)."""

    names: Mapping[str, int]
    addresses: Mapping[str, int] = field(default_factory=dict)

    def get_links(self) -> list[Attributes]:
        """Every interface."""
        return [Attributes(index=index, IFLA_IFNAME=name) for name, index in self.names.items()]

    def get_addr(self, family: int, index: int) -> list[Attributes]:
        """The addresses of one interface."""
        found = [text.split("/") for text, number in self.addresses.items() if number == index]
        return [Attributes(IFA_ADDRESS=address, prefixlen=int(length)) for address, length in found]


@dataclass
class Answers:
    """``said``: the words of a command to its output; any other command fails, and so would one that writes."""

    said: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    netlink: Any = None
    hosts: Mapping[str, str] = field(default_factory=dict)
    name: str = "nginx"

    def run(
        self, argv: Sequence[str], *, check: bool = True, timeout_s: float = 10, stdin: str | None = None
    ) -> Result:
        """The answer to a known command."""
        words = shlex.join(argv)
        if words not in self.said and check:
            raise CommandFailed(f"unexpected: {words}")
        return Result(tuple(argv), 0 if words in self.said else 1, self.said.get(words, ""), "", 0.0)

    def exec(self, argv: Sequence[str], *, timeout_s: float = 30) -> Result:
        """The same inside the node."""
        return self.run(argv, check=False)

    def read(self, path: str) -> str:
        """The text of a known file."""
        return self.files[path]

    def inside(self, work: Callable[[], T]) -> T:
        """Here: a plan that looks around sees this machine."""
        return work()

    def socket(self, family: int, kind: int, proto: int = 0) -> Any:
        """None: a plan sends nothing."""
        raise AssertionError("a plan opens no socket")


def words(change: Change) -> tuple[list[str], list[str]]:
    """The commands that apply and that revert, as a person types them."""
    return change.words(), [shlex.join(argv) for argv in change.revert]

"""What a fault or a probe may ask of a node."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from pyroute2 import IPRoute

T = TypeVar("T")


@dataclass(frozen=True)
class Result:
    """What a finished command said. ``returncode`` is negative for a signal, 124 for a time-out."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    duration_s: float

    @property
    def words(self) -> str:
        """The command as a person types it."""
        return shlex.join(self.argv)


class Runs(Protocol):
    """Something that commands can be run in: all that applying and undoing a change needs."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def run(
        self, argv: Sequence[str], *, check: bool = True, timeout_s: float = 10, stdin: str | None = None
    ) -> Result:
        """Run a tool of the host in the node's network namespace (``nsenter --net``, about 2.5 ms).

        Raises CommandFailed when ``check`` and the exit status is not 0; MachineLacks when the tool is not installed.
        A time-out ends the command and reads as exit status 124.
        """


@runtime_checkable
class Entered(Runs, Protocol):
    """A node that droplab started, so that commands can run among its own files and processes."""

    def exec(self, argv: Sequence[str], *, timeout_s: float = 30) -> Result:
        """Run a command in the node, confined as a student's shell is. Never raises for its exit status."""


class Node(Runs, Protocol):
    """A network namespace to break, to measure from and to look at.

    Nothing here needs a tool inside the node: commands are the host's, run in the node's network namespace.
    """

    @property
    def hosts(self) -> Mapping[str, str]:
        """Node name to IPv4 address, as the node's /etc/hosts says it. Empty for a node that droplab did not start."""

    def read(self, path: str) -> str:
        """The text of a file below /proc/net or /proc/sys/net as this network namespace has it.

        Raises FileNotFoundError where the kernel does not have it.
        """

    def inside(self, work: Callable[[], T]) -> T:
        """What ``work`` returns or raises, run in a throw-away thread inside the namespace (about 0.1 ms)."""

    @property
    def netlink(self) -> IPRoute:
        """A route socket held open inside the namespace (about 0.15 ms a call)."""

    def socket(self, family: int, kind: int, proto: int = 0) -> socket.socket:
        """A socket opened inside the namespace; it may be used from any thread and stays there for life."""

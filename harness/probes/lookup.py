"""Names as the node itself resolves them: its libc, its resolv.conf, its /etc/hosts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from droplab.harness.contracts.node import Node, Result
from droplab.harness.errors import UsageError

TIMED_OUT = 124


@runtime_checkable
class _Executes(Protocol):
    """A node of a lab that droplab started, as far as a lookup needs it."""

    def exec(self, argv: Sequence[str], *, timeout_s: float = 30) -> Result:
        """Run a command in the node."""


class LookupFailed(Exception):
    """The node's resolver has no address for the name; the message says why, ``duration_s`` how long it took."""

    def __init__(self, words: str, duration_s: float) -> None:
        self.duration_s = duration_s
        super().__init__(words)


def ask_node(node: Node, host: str, timeout_s: float) -> tuple[str, float]:
    """The first IPv4 address and the seconds that it took, as any program in the node would find it.

    Raises LookupFailed, and UsageError for a node whose files droplab cannot enter.
    """
    if not isinstance(node, _Executes):
        raise UsageError(f"{node.name}: resolve: node needs a node of a lab; use resolve: topology here")
    found = node.exec(("getent", "ahosts", host), timeout_s=timeout_s)
    addresses = [
        line.split()[0] for line in found.stdout.splitlines() if "STREAM" in line and ":" not in line.split()[0]
    ]
    if addresses:
        return addresses[0], found.duration_s
    why = f"no answer within {timeout_s:g} s" if found.returncode == TIMED_OUT else "not found"
    raise LookupFailed(f"{host}: {why}", found.duration_s)

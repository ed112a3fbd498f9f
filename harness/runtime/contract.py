"""What the engine may ask of a runtime, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from droplab.harness.contracts.node import Node, Result
from droplab.harness.definition.lab import Lab


@dataclass(frozen=True)
class Lifetime:
    """How long a lab lives.

    Foreground (``ttl_s`` None): the lab ends with this process, even by SIGKILL. Started: it outlives this process,
    holds ``lock_fd`` (the locked run file) open, and after ``ttl_s`` seconds, or when its init dies, runs ``at_end``.
    """

    ttl_s: float | None = None
    lock_fd: int | None = None
    at_end: tuple[str, ...] = ()


class KnownNode(Node, Protocol):
    """A namespace that can be told from any other."""

    @property
    def cookie(self) -> int:
        """SO_NETNS_COOKIE of its network namespace: its identity, never reused."""


class LiveNode(KnownNode, Protocol):
    """A node of a lab that droplab started. ``run`` uses the host's tools; ``exec`` is what a student can do."""

    @property
    def pid(self) -> int:
        """The node's init as the host numbers it."""

    def exec(self, argv: Sequence[str], *, timeout_s: float = 30) -> Result:
        """Run a command in the node, confined as a student's shell is. Never raises for its exit status."""

    def exec_until(
        self, argv: Sequence[str], during: LiveNode, other: Sequence[str], *, timeout_s: float = 30
    ) -> tuple[Result, Result]:
        """Run ``argv`` here while ``other`` runs in ``during``, then interrupt ``argv`` (SIGINT); both results.

        ``other`` starts as soon as ``argv`` has printed something (tcpdump's "listening on") or after 1 s.
        """

    def shell(self, argv: Sequence[str]) -> int:
        """Run ``argv`` on the person's terminal (a pty of the node's own); its exit status."""

    def alive(self) -> bool:
        """Whether the node and its network are the ones that were provisioned (pid, start time, cookie)."""

    def files(self) -> dict[str, str]:
        """Path to "mode owner sha256" for each file that differs from the node's image, without volatile ones
        (logs, pid files, shell history, nginx's temporary files, /tmp, /run)."""

    def processes(self) -> list[str]:
        """ "uid state argv" for every process of the node, sorted, without shells and what was started from them."""


class Provisioned(Protocol):
    """A running lab."""

    @property
    def nodes(self) -> Mapping[str, LiveNode]:
        """The nodes by name."""

    @property
    def switch(self) -> KnownNode:
        """The namespace of the bridges that join them."""

    def record(self) -> dict[str, Any]:
        """All that ``Runtime.reopen`` and ``Runtime.destroy`` need, as JSON."""

    def close(self) -> None:
        """Tear it all down and wait until it is gone; idempotent. For a started lab, only close our handles."""


class Runtime(Protocol):
    """netns or docker."""

    @property
    def name(self) -> str:
        """As the command line names it."""

    def missing(self, lab: Lab) -> list[str]:
        """One line for each thing that this machine lacks for the lab, with how to get it; empty when nothing."""

    def provision(self, lab: Lab, run_id: str, lifetime: Lifetime) -> Provisioned:
        """Start the lab: namespaces, wiring, files, sysctl profile, setup commands, services ready.

        Undoes everything when it fails. Raises MachineLacks or NodeLost.
        """

    def reopen(self, lab: Lab, record: Mapping[str, Any]) -> Provisioned:
        """The running lab that ``record`` describes, from another process. Raises NodeLost when it is gone."""

    def destroy(self, record: Mapping[str, Any]) -> list[str]:
        """Remove what is left of the lab that ``record`` describes, and nothing else; what could not be removed."""

"""Traces: what moves in the kernel when a fault bites. Each is read before and after the same traffic.

``scale`` says how far it must move: "hits" by half of what was lost more, "any" by more than without the fault,
"state" from 0 to 1 (or up) through the injection itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Protocol

from droplab.harness.contracts.change import Argv, Place, Question, run_at
from droplab.harness.contracts.node import Node

Scale = Literal["hits", "any", "state"]


class Trace(Protocol):
    """A number that can be read from the broken node, or from the node that the trigger runs in."""

    @property
    def label(self) -> str:
        """What is counted, in the kernel's or the tool's own words."""

    @property
    def scale(self) -> Scale:
        """How far it must move."""

    def read(self, broken: Node, prober: Node) -> int:
        """The count now."""


@dataclass(frozen=True)
class AtProber:
    """Another trace, read in the node that the trigger runs in."""

    trace: Trace

    @property
    def label(self) -> str:
        """The trace's own, and where it is read."""
        return f"{self.trace.label} at the prober"

    @property
    def scale(self) -> Scale:
        """The trace's own."""
        return self.trace.scale

    def read(self, broken: Node, prober: Node) -> int:
        """The count now."""
        return self.trace.read(prober, broken)


@dataclass(frozen=True)
class State:
    """A state that the fault brings about: 1 when the question holds in the broken node, else 0."""

    label: str
    question: Question
    scale: Scale = "state"

    def read(self, broken: Node, prober: Node) -> int:  # noqa: ARG002 (see Trace)
        """0 or 1."""
        return int(self.question.holds(broken))


@dataclass(frozen=True)
class Silence:
    """Frames that the prober's interface sent and the broken node's never received."""

    interface: str = "eth0"
    label: str = "frames sent by the prober and never received"
    scale: Scale = "hits"

    def read(self, broken: Node, prober: Node) -> int:
        """Sent minus received so far; only its change means anything."""
        sent = LinkCounter("tx_packets", self.interface).read(prober, prober)
        return sent - LinkCounter("rx_packets", self.interface).read(broken, prober)


@dataclass(frozen=True)
class OwnCounter:
    """The counter that the artifact itself carries: group 1 of the first match of ``pattern`` in a command's output."""

    label: str
    argv: Argv
    pattern: str
    scale: Scale = "hits"
    place: Place = "network"

    def read(self, broken: Node, prober: Node) -> int:  # noqa: ARG002 (see Trace)
        """The counter now, 0 where the artifact is not there."""
        found = re.search(self.pattern, run_at(broken, self.place, self.argv, check=False).stdout, re.MULTILINE)
        return int(found.group(1)) if found else 0


@dataclass(frozen=True)
class LinkCounter:
    """A counter of an interface (``rx_dropped``, ``tx_dropped``, ...), from IFLA_STATS64."""

    counter: str
    interface: str = "eth0"
    scale: Scale = "any"

    @property
    def label(self) -> str:
        """For example ``eth0 rx_dropped``."""
        return f"{self.interface} {self.counter}"

    def read(self, broken: Node, prober: Node) -> int:  # noqa: ARG002 (see Trace)
        """The counter now."""
        link = next(iter(broken.netlink.get_links(ifname=self.interface)))
        return int(link.get_attr("IFLA_STATS64")[self.counter])


@dataclass(frozen=True)
class KernelCounter:
    """A named counter of the network stack, for example ``TcpExt ListenOverflows`` or ``Ip OutNoRoutes``.

    Read from /proc/net/snmp and /proc/net/netstat, not through nstat, whose history file is shared by all labs.
    """

    group: str
    counter: str
    scale: Scale = "any"

    @property
    def label(self) -> str:
        """For example ``TcpExtListenOverflows``, as nstat writes it."""
        return f"{self.group}{self.counter}"

    def read(self, broken: Node, prober: Node) -> int:  # noqa: ARG002 (see Trace)
        """The counter now."""
        for path in ("/proc/net/snmp", "/proc/net/netstat"):
            lines = broken.read(path).splitlines()
            for names, values in zip(lines[::2], lines[1::2], strict=True):
                if names.startswith(f"{self.group}:") and self.counter in names.split():
                    return int(values.split()[names.split().index(self.counter)])
        raise LookupError(f"no counter {self.label} in /proc/net/snmp or /proc/net/netstat")


@dataclass(frozen=True)
class ConntrackCounter:
    """A column of /proc/net/stat/nf_conntrack summed over the CPUs (``drop``, ``early_drop``, ``invalid``, ...)."""

    counter: str
    scale: Scale = "any"

    @property
    def label(self) -> str:
        """For example ``conntrack drop``."""
        return f"conntrack {self.counter}"

    def read(self, broken: Node, prober: Node) -> int:  # noqa: ARG002 (see Trace)
        """The sum now."""
        header, *rows = broken.read("/proc/net/stat/nf_conntrack").splitlines()
        column = header.split().index(self.counter)
        return sum(int(row.split()[column], 16) for row in rows)

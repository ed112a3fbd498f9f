"""Traces: what moves in the kernel when a fault bites. Each is read before and after the same traffic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from droplab.harness.contracts.change import Argv
from droplab.harness.contracts.node import Node


class Trace(Protocol):
    """A number that can be read from the broken node; it must rise while the trigger runs."""

    @property
    def label(self) -> str:
        """What is counted, in the kernel's or the tool's own words."""

    def read(self, node: Node) -> int:
        """The count now."""


@dataclass(frozen=True)
class OwnCounter:
    """The counter that the artifact itself carries: group 1 of the first match of ``pattern`` in a command's output."""

    label: str
    argv: Argv
    pattern: str

    def read(self, node: Node) -> int:
        """The counter now, 0 where the artifact is not there."""
        found = re.search(self.pattern, node.run(self.argv, check=False).stdout, re.MULTILINE)
        return int(found.group(1)) if found else 0


@dataclass(frozen=True)
class LinkCounter:
    """A counter of an interface (``rx_dropped``, ``tx_dropped``, ...), from IFLA_STATS64."""

    counter: str
    interface: str = "eth0"

    @property
    def label(self) -> str:
        """For example ``eth0 rx_dropped``."""
        return f"{self.interface} {self.counter}"

    def read(self, node: Node) -> int:
        """The counter now."""
        link = next(iter(node.netlink.get_links(ifname=self.interface)))
        return int(link.get_attr("IFLA_STATS64")[self.counter])


@dataclass(frozen=True)
class KernelCounter:
    """A named counter of the network stack, for example ``TcpExt ListenOverflows`` or ``Ip OutNoRoutes``.

    Read from /proc/net/snmp and /proc/net/netstat, not through nstat, whose history file is shared by all labs.
    """

    group: str
    counter: str

    @property
    def label(self) -> str:
        """For example ``TcpExtListenOverflows``, as nstat writes it."""
        return f"{self.group}{self.counter}"

    def read(self, node: Node) -> int:
        """The counter now."""
        for path in ("/proc/net/snmp", "/proc/net/netstat"):
            lines = node.read(path).splitlines()
            for names, values in zip(lines[::2], lines[1::2], strict=True):
                if names.startswith(f"{self.group}:") and self.counter in names.split():
                    return int(values.split()[names.split().index(self.counter)])
        raise LookupError(f"no counter {self.label} in /proc/net/snmp or /proc/net/netstat")


@dataclass(frozen=True)
class ConntrackCounter:
    """A column of /proc/net/stat/nf_conntrack summed over the CPUs (``drop``, ``early_drop``, ``invalid``, ...)."""

    counter: str

    @property
    def label(self) -> str:
        """For example ``conntrack drop``."""
        return f"conntrack {self.counter}"

    def read(self, node: Node) -> int:
        """The sum now."""
        header, *rows = node.read("/proc/net/stat/nf_conntrack").splitlines()
        column = header.split().index(self.counter)
        return sum(int(row.split()[column], 16) for row in rows)

"""A full connection tracking table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain, islice, product
from typing import ClassVar, Literal

from pydantic import Field

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import ConntrackCounter
from droplab.harness.errors import UsageError

MAX = "/proc/sys/net/netfilter/nf_conntrack_max"
LIMIT = "net.netfilter.nf_conntrack_max"
STATEFUL = ("INPUT", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP")
HEADROOM = 4096  # entries that the machine itself must still be able to add under a lowered limit
ROOM = 0.01  # the table counts as full while less than this share is free


class ConntrackFull(Fault):
    """The connection tracking table is full: packets of new connections are dropped, whatever the rules say.

    By default the node's own table is filled up to the machine's limit with ASSURED entries, which the kernel does
    not evict (unassured ones would be: early_drop). That touches nobody else. With ``max`` the limit of the whole
    machine is lowered as well, and fewer entries fill the table: nf_conntrack_max is one value for all namespaces, so
    this form needs --allow-host. Tracking sleeps until a rule asks for a state; where none does, one is added.
    """

    needs: ClassVar = ("conntrack", "iptables", "sysctl")
    symptom: ClassVar = "Every new connection, ping and UDP exchange times out; established connections go on."
    evidence: ClassVar = (
        "dmesg: nf_conntrack: table full, dropping packet. conntrack -S: drop grows; conntrack -C is at the limit."
    )
    lookalike: ClassVar = "A DROP rule: iptables counts the packets; a full table is counted by conntrack -S alone."
    look: ClassVar = ("conntrack -S", r" drop=[1-9]")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT"})
    remedy: ClassVar = (
        "conntrack -F empties it; find what fills it, NOTRACK the flood, or raise net.netfilter.nf_conntrack_max."
    )

    max: int | None = Field(
        default=None,
        ge=8192,
        le=262_144,
        description="lower the machine's limit to this (host scope); by default the limit stays",
    )

    def reaches(self) -> Literal["node", "host"]:
        """The limit belongs to the machine, the table to the node."""
        return "node" if self.max is None else "host"

    def plan(self, node: Node) -> Change:
        """Make room, put the connections back and fill the rest; undo by flushing the table, and put the limit back."""
        limit = int(node.read(MAX))
        target = limit if self.max is None else self.max
        full = f'[ "$(conntrack -C)" -ge {int(target * (1 - ROOM))} ]'
        fill: list[Argv] = [("conntrack", "-F"), ("conntrack", "-R", "/dev/stdin")]
        empty: list[Argv] = [("conntrack", "-F")]
        there = full
        if not self._tracking(node):
            fill.append(("iptables", "-A", *STATEFUL))
            empty.append(("iptables", "-D", *STATEFUL))
            there = f"iptables -C {' '.join(STATEFUL)} 2>/dev/null || {full}"
        return Change(
            apply=tuple(fill),
            present=Question(("sh", "-c", there)),
            revert=tuple(empty),
            stdin="".join(islice(chain(self._assured(node), _entries()), target)),
            timeout_s=60,
            host=self._lowered(node, limit) if self.max is not None else None,
        )

    @staticmethod
    def _assured(node: Node) -> list[str]:
        """The node's own connections, as commands that bring them back; unassured entries would be evicted."""
        saved = node.run(("conntrack", "-L", "--status", "ASSURED", "--output", "save"), check=False).stdout
        return saved.splitlines(keepends=True)

    @staticmethod
    def _tracking(node: Node) -> bool:
        rules = node.run(("iptables-save",)).stdout + node.run(("nft", "list", "ruleset"), check=False).stdout
        return any(word in rules for word in ("-m conntrack", "-m state", "ct state", "*nat"))

    def _lowered(self, node: Node, limit: int) -> Change:
        tracked = int(node.run(("nsenter", f"--net=/proc/{os.getpid()}/ns/net", "conntrack", "-C")).stdout)
        if self.max is not None and self.max < tracked + HEADROOM:
            raise UsageError(
                f"conntrack_full: max {self.max} is too low for this machine, which tracks {tracked} connections; "
                f"use at least {tracked + HEADROOM}, or leave max out to fill the node's own table only"
            )
        read = ("sysctl", "-n", LIMIT)
        return Change(
            apply=(("sysctl", "-qw", f"{LIMIT}={self.max}"),),
            present=Question(read, rf"^{self.max}$"),
            revert=(("sysctl", "-qw", f"{LIMIT}={limit}"),),
            original=Question(read, rf"^{limit}$"),
        )

    def signature(self) -> Signature:
        """New connections are lost and conntrack counts them; ARP is not tracked."""
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 300}),
            traces=(ConntrackCounter("drop"),),
            spared=ProbeSpec("arp", "loss", {"count": 20}),
        )


def _entries() -> Iterator[str]:
    """Commands for conntrack -R (65 000 to 90 000 a second): established TCP connections that nobody has."""
    for host, port in product(range(1, 255), range(1024, 65536)):
        yield (
            f"-I -p tcp -s 198.19.255.{host} -d 198.19.254.1 --sport {port} --dport 80 --state ESTABLISHED "
            "-u SEEN_REPLY,ASSURED -t 86400\n"
        )

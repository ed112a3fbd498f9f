"""Packets that leave with a TTL of 1."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import AtProber, KernelCounter, OwnCounter, Silence, Trace

DEFAULT_TTL = "net.ipv4.ip_default_ttl"


class Ttl1(Fault):
    """Packets leave the node with a time to live that is too short: the first router on the way drops them.

    Neighbours on the same network are reached as ever. The routers send "time exceeded", a few each second at most
    (icmp_ratelimit), to the node whose own packets died: there the errors say what is wrong.
    """

    needs: ClassVar = ("sysctl", "iptables")
    symptom: ClassVar = (
        "From behind a router every connection times out and ping fails; from the same network all is well."
    )
    evidence: ClassVar = (
        "tcpdump -v: ttl 1 on what the node sends, and ICMP time exceeded coming back. nstat: IcmpInTimeExcds on the "
        "node, IpInHdrErrors on the router."
    )
    lookalike: ClassVar = (
        "A missing route back: IpOutNoRoutes grows and nothing leaves the node. A routing loop: time exceeded as well, "
        "but tracepath shows the same routers again and again."
    )
    remedy: ClassVar = (
        "sysctl -w net.ipv4.ip_default_ttl=64; for the rule: iptables -t mangle -D POSTROUTING ... -j TTL."
    )
    look: ClassVar = ("nstat -az IcmpInTimeExcds", r"IcmpInTimeExcds +[1-9]")
    looks_like: ClassVar = LooksLike("no_return_route")
    drop_reason: ClassVar = "IP_INHDR"

    ttl: int = Field(default=1, ge=1, le=255, description="hops; 1 dies at the first router")
    by: Literal["sysctl", "rule"] = Field(
        default="sysctl", description="the node's default for all that it sends, or a rule in the mangle table"
    )

    def memoryless(self) -> bool:
        """Every packet leaves with the same TTL."""
        return True

    def plan(self, node: Node) -> Change:
        """Set the default, or append a rule that rewrites what leaves."""
        if self.by == "rule":
            return Change(
                apply=(("iptables", "-t", "mangle", "-A", *self._rule()),),
                present=Question(("iptables", "-t", "mangle", "-C", *self._rule())),
                revert=(("iptables", "-t", "mangle", "-D", *self._rule()),),
            )
        before = node.read("/proc/sys/" + DEFAULT_TTL.replace(".", "/")).strip()
        ask: Argv = ("sysctl", "-n", DEFAULT_TTL)
        return Change(
            apply=(("sysctl", "-qw", f"{DEFAULT_TTL}={self.ttl}"),),
            present=Question(ask, rf"^{self.ttl}$"),
            revert=(("sysctl", "-qw", f"{DEFAULT_TTL}={before}"),),
            original=Question(ask, rf"^{before}$"),
        )

    def _rule(self) -> Argv:
        return ("POSTROUTING", "-j", "TTL", "--ttl-set", str(self.ttl))

    def signature(self) -> Signature:
        """SYN-ACKs die at the router, which says so up to its limit; ARP has no TTL."""
        lost: Trace = AtProber(Silence(label="frames sent by the broken node and never received"))
        counted = OwnCounter(
            "packets in the rule",
            ("iptables", "-t", "mangle", "-nvxL", "POSTROUTING"),
            rf"^ *(\d+) .*TTL set to {self.ttl}\b",
        )
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 300}, "routed"),
            traces=(KernelCounter("Icmp", "InTimeExcds"), counted if self.by == "rule" else lost),
            spared=ProbeSpec("arp", "loss", {"count": 20}),
        )

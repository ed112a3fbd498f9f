"""A rule that judges a SYN by its options."""

from __future__ import annotations

from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from droplab.faults.netfilter._rule import Rule
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node

NUMBERS = MappingProxyType({"mss": 2, "window_scale": 3, "sack": 4, "timestamp": 8})
"""Kinds of TCP options (IANA, TCP parameters). Linux sends all four, hping3 -S none."""


class SynOptionDrop(Fault):
    """A rule drops SYNs that carry a TCP option, or those that lack it.

    The SYN probe and the application disagree, since hping3 sends no options and Linux sends them all. Dropped with
    the timestamp: hping3 sees no loss and curl cannot connect. Dropped without the MSS: hping3 loses everything and
    curl works.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = "hping3 -S is answered and curl times out while it connects, or the other way round."
    evidence: ClassVar = "iptables -nvL: DROP with option=8 or option=!2; tcpdump -v shows the options of each SYN."
    lookalike: ClassVar = "A DROP rule for the port or for SYNs: it hits hping3 and curl alike."
    remedy: ClassVar = "iptables -D INPUT with the rule's own words; sysctl net.ipv4.tcp_timestamps=0 only avoids it."
    example: ClassVar = {"option": "timestamp"}
    look: ClassVar = ("iptables -nvL INPUT", r"^ *[1-9]\w* +\w+ +DROP .*option=8")
    looks_like: ClassVar = LooksLike("iptables_drop", {"syn": True})
    drop_reason: ClassVar = "NETFILTER_DROP"

    option: Literal["mss", "window_scale", "sack", "timestamp"] = Field(description="the TCP option")
    lacking: bool = Field(default=False, description="drop the SYNs that lack it instead of those that have it")
    port: int | None = Field(default=None, ge=1, le=65535, description="only to this TCP port")

    def _rule(self) -> Rule:
        port = ("--dport", str(self.port)) if self.port is not None else ()
        option = (*(("!",) if self.lacking else ()), "--tcp-option", str(NUMBERS[self.option]))
        return Rule("INPUT", ("-p", "tcp", *port, "--syn", *option, "-j", "DROP"))

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rule is the same whatever the node holds)
        """One rule, appended."""
        return self._rule().change()

    def signature(self) -> Signature:
        """SYNs of the one kind are lost and the rule counts them; SYNs of the other kind are spared."""
        port = {"port": self.port} if self.port is not None else {}
        hit, spared = ("hping", "linux") if self.lacking else ("linux", "hping")
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 300, "options": hit, **port}),
            traces=(self._rule().counter(rf"--tcp-option {NUMBERS[self.option]} "),),
            spared=ProbeSpec("syn", "loss", {"count": 300, "options": spared, **port}),
        )

"""A limit on open connections."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.faults.netfilter._rule import Rule
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node

MORE = 40  # connections of the trigger above the limit: so many are refused
PAUSE_S = 0.1  # without it refused ones may still count when the single request comes


class ConnectionLimit(Fault):
    """A rule refuses further connections from a source that has several open: one at a time gets through.

    A SYN probe sees nothing, as its connections are reset at once and no longer count. Who opens many at once, a
    browser or an office behind one address, is refused by a reset as if nobody listened. For a moment the
    refused ones count too: right after a burst even a single one may be refused.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = (
        "One curl succeeds, of several at once some fail at once: connection refused. SYN probes are well."
    )
    evidence: ClassVar = (
        "iptables -nvL: REJECT with #conn src/32 > N and a growing counter. ss -tn: N connections from one source."
    )
    lookalike: ClassVar = (
        "A plain REJECT rule: it refuses the first connection too. A limit on the rate of SYNs: it is the pace that "
        "counts, and clients wait whole seconds instead of being refused."
    )
    remedy: ClassVar = "iptables -D INPUT with the rule's own words, or raise the limit above what one source needs."
    look: ClassVar = ("iptables -nvL INPUT", r"^ *[1-9]\w* +\w+ +REJECT .*#conn src/32 > 3 reject-with tcp-reset")
    looks_like: ClassVar = LooksLike("reject", {"reject_with": "tcp-reset"})
    drop_reason: ClassVar = "NETFILTER_DROP"

    above: int = Field(default=3, ge=1, le=100, description="connections that one source address may have open")
    port: int = Field(default=80, ge=1, le=65535, description="connections to this TCP port")

    def _rule(self) -> Rule:
        match = ("-p", "tcp", "--syn", "--dport", str(self.port))
        limit = ("-m", "connlimit", "--connlimit-above", str(self.above))
        return Rule("INPUT", (*match, *limit, "-j", "REJECT", "--reject-with", "tcp-reset"))

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rule is the same whatever the node holds)
        """One rule, appended."""
        return self._rule().change()

    def signature(self) -> Signature:
        """Of many connections at once those above the limit are refused and counted; a single request is spared."""
        port = {"port": self.port}
        many = {"count": self.above + MORE, "hold_s": PAUSE_S}
        return Signature(
            trigger=ProbeSpec("hold", "unopened", {**many, **port}),
            traces=(self._rule().counter(rf"--dport {self.port} ", rf"--connlimit-above {self.above} "),),
            spared=ProbeSpec("http", "outcome", port),
        )

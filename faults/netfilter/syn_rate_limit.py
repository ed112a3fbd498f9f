"""A limit on new connections."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from droplab.faults.netfilter._rule import Rule
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node

FASTER = 20  # times the limit: so fast are the probes, so that about 19 of 20 are over it


class SynRateLimit(Fault):
    """A rule drops new connections above a rate: the loss depends on how fast one tries, not on chance.

    A single curl always gets through, a page with many connections or a load test sees SYNs vanish, and a fast SYN
    probe reports heavy loss. Slow tries lose nothing at all.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = "hping3 -i u2000 loses most SYNs, hping3 -i u200000 none; busy clients wait 1, 2 or 3 s."
    evidence: ClassVar = "iptables -nvL: DROP with limit: above N/sec and a growing counter; /proc/net/ipt_hashlimit."
    lookalike: ClassVar = "Random loss: it is the same at every pace. A full SYN queue: nstat counts TcpExtListenDrops."
    remedy: ClassVar = "iptables -D INPUT with the rule's own words, or raise the rate and the burst."
    example: ClassVar = {"per_second": 50, "burst": 10}
    look: ClassVar = ("iptables -nvL INPUT", r"^ *[1-9]\w* +\w+ +DROP .*limit: above 50/sec burst 10 mode srcip")
    looks_like: ClassVar = LooksLike("iptables_drop", {"syn": True, "probability": 0.9})
    drop_reason: ClassVar = "NETFILTER_DROP"

    per_second: int = Field(default=50, ge=1, le=1000, description="new connections a second that pass")
    burst: int = Field(default=10, ge=1, le=1000, description="new connections that pass at once after a pause")
    port: int | None = Field(default=None, ge=1, le=65535, description="only to this TCP port")
    per: Literal["source", "port"] = Field(
        default="source", description="whether each source address or each port of the node has a rate of its own"
    )

    def _rule(self) -> Rule:
        mode = "srcip" if self.per == "source" else "dstport"
        port = ("--dport", str(self.port)) if self.port is not None else ()
        limit = ("--hashlimit-above", f"{self.per_second}/second", "--hashlimit-burst", str(self.burst))
        table = ("--hashlimit-mode", mode, "--hashlimit-name", "syn")
        return Rule("INPUT", ("-p", "tcp", *port, "--syn", "-m", "hashlimit", *limit, *table, "-j", "DROP"))

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rule is the same whatever the node holds)
        """One rule, appended."""
        return self._rule().change()

    def signature(self) -> Signature:
        """SYNs far above the rate are lost, but for the burst, and the rule counts them; ping is spared."""
        pace = {"count": 300 + 2 * self.burst, "rate_pps": float(FASTER * self.per_second)}
        port = {"port": self.port} if self.port is not None else {}
        return Signature(
            trigger=ProbeSpec("syn", "loss", {**pace, **port}),
            traces=(self._rule().counter(rf"--hashlimit-above {self.per_second}/sec"),),
            spared=ProbeSpec("ping", "loss", {"count": 300}),
        )

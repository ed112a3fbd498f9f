"""A REJECT rule."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from droplab.faults.netfilter._rule import Rule
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node

RESET = "tcp-reset"


class Reject(Fault):
    """A rule refuses connections to a port with an answer of its own, though the service is there and listens.

    A TCP reset and "port unreachable" look like a port on which nobody listens, other ICMP errors like a missing
    route. ICMP errors are limited (net.ipv4.icmp_ratelimit: a burst of 6, then one a second), so many tries at once
    look like loss.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = "curl fails at once: connection refused, or no route to host; ss -ltn shows that nginx listens."
    evidence: ClassVar = (
        "iptables -nvL: a REJECT rule with a growing counter. nstat TcpOutRsts stays 0: no socket sent it."
    )
    lookalike: ClassVar = (
        "A service that is down: ss -ltn does not list it and TcpOutRsts grows. A REDIRECT to a dead port: table nat."
    )
    remedy: ClassVar = "iptables -D CHAIN with the rule's own words, or an ACCEPT for who may come in before it."
    example: ClassVar = {"reject_with": RESET}
    look: ClassVar = ("iptables -nvL INPUT", r"^ *[1-9]\w* +\w+ +REJECT .*reject-with tcp-reset")
    looks_like: ClassVar = LooksLike("redirect_dead_port")
    drop_reason: ClassVar = "NETFILTER_DROP"

    reject_with: Literal[
        "tcp-reset",
        "icmp-port-unreachable",
        "icmp-admin-prohibited",
        "icmp-host-unreachable",
        "icmp-host-prohibited",
        "icmp-net-unreachable",
        "icmp-net-prohibited",
        "icmp-proto-unreachable",
    ] = Field(default="icmp-port-unreachable", description="the answer that the rule gives")
    port: int = Field(default=80, ge=1, le=65535, description="connections to this TCP port")
    chain: Literal["INPUT", "FORWARD"] = Field(default="INPUT", description="chain of the filter table")

    def _rule(self) -> Rule:
        match = ("-p", "tcp", "--dport", str(self.port))
        return Rule(self.chain, (*match, "-j", "REJECT", "--reject-with", self.reject_with))

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rule is the same whatever the node holds)
        """One rule, appended."""
        return self._rule().change()

    def signature(self) -> Signature:
        """SYNs are answered by RSTs, or by ICMP errors as far as their limit allows; ping is spared."""
        role: Literal["through", "target"] = "through" if self.chain == "FORWARD" else "target"
        return Signature(
            trigger=ProbeSpec("syn", "reply", {"count": 100, "port": self.port}, role),
            symptom="changes",
            becomes=("rst",) if self.reject_with == RESET else ("icmp",),
            traces=(self._rule().counter(rf"--dport {self.port} "),),
            spared=ProbeSpec("ping", "loss", {"count": 300}, role),
        )

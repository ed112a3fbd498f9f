"""A DROP rule in the mangle table."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from droplab.faults.netfilter._chance import chance_pattern, chance_words, probes_to_show
from droplab.faults.netfilter._loss import lost_syns
from droplab.faults.netfilter._rule import Rule, of_port
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, Signature
from droplab.harness.contracts.node import Node


class MangleDrop(Fault):
    """A rule in the mangle table, which is meant for changing packets, drops them.

    `iptables -nvL` lists the filter table only and shows nothing. In POSTROUTING the server receives, answers, and
    its answers never leave.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = "SYNs are lost and connections take 1, 2 or 3 s longer or time out; iptables -nvL is empty."
    evidence: ClassVar = "iptables -t mangle -nvL: a DROP rule with a growing counter; so does nft list ruleset."
    lookalike: ClassVar = "A DROP rule in the filter table: iptables -nvL counts it. Loss on the link: no table does."
    remedy: ClassVar = "iptables -t mangle -D CHAIN with the rule's own words; iptables -F alone leaves it there."
    example: ClassVar = {"chain": "POSTROUTING", "probability": 0.3}
    look: ClassVar = ("iptables -t mangle -nvL", r"^ *[1-9]\w* +\w+ +DROP .*statistic mode random")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "OUTPUT", "probability": 0.3})
    drop_reason: ClassVar = "NETFILTER_DROP"

    chain: Literal["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"] = Field(
        default="INPUT", description="chain of the mangle table"
    )
    probability: float | None = Field(default=None, ge=1e-6, le=1, description="share dropped at random, 0..1")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="only this TCP port (source port in OUTPUT and POSTROUTING)"
    )

    def _rule(self) -> Rule:
        words = (*of_port(self.chain, self.port), *chance_words(self.probability), "-j", "DROP")
        return Rule(self.chain, words, table="mangle")

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rule is the same whatever the node holds)
        """One rule, appended."""
        return self._rule().change()

    def signature(self) -> Signature:
        """SYNs are lost, and the rule of the mangle table counts them."""
        counter = self._rule().counter(chance_pattern(self.probability))
        return lost_syns(counter, probes_to_show(self.probability), self.port, through=self.chain == "FORWARD")

"""A DROP rule of the old iptables."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from droplab.faults.netfilter._chance import chance_pattern, chance_words, probes_to_show
from droplab.faults.netfilter._loss import lost_syns
from droplab.faults.netfilter._rule import Rule, of_port
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, Signature
from droplab.harness.contracts.node import Node


class LegacyDrop(Fault):
    """A rule of the old iptables (iptables-legacy, x_tables) drops packets beside the tables of nf_tables.

    The kernel obeys both. Today's iptables and nft know only nf_tables, so both list nothing; iptables says no more
    than a warning that legacy tables are present.
    """

    needs: ClassVar = ("iptables-legacy", "iptables-legacy-save")
    symptom: ClassVar = "SYNs are lost; iptables -nvL and nft list ruleset are both empty."
    evidence: ClassVar = "iptables-legacy -nvL: a DROP rule that counts; /proc/net/ip_tables_names names the table."
    lookalike: ClassVar = "A DROP rule of today's iptables: iptables -nvL and nft list ruleset show and count it."
    remedy: ClassVar = "iptables-legacy -D CHAIN with the rule's own words; iptables -F does not reach it."
    example: ClassVar = {"probability": 0.3}
    look: ClassVar = ("iptables-legacy -nvL INPUT", r"^ *[1-9]\w* +\w+ +DROP .*statistic mode random")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT", "probability": 0.3})
    drop_reason: ClassVar = "NETFILTER_DROP"

    chain: Literal["INPUT", "OUTPUT", "FORWARD"] = Field(default="INPUT", description="chain of the filter table")
    probability: float | None = Field(default=None, ge=1e-6, le=1, description="share dropped at random, 0..1")
    port: int | None = Field(default=None, ge=1, le=65535, description="only this TCP port (source port in OUTPUT)")

    def _rule(self) -> Rule:
        words = (*of_port(self.chain, self.port), *chance_words(self.probability), "-j", "DROP")
        return Rule(self.chain, words, tool="iptables-legacy")

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rule is the same whatever the node holds)
        """One rule, appended."""
        return self._rule().change()

    def signature(self) -> Signature:
        """SYNs are lost, and the legacy rule counts them."""
        counter = self._rule().counter(chance_pattern(self.probability))
        return lost_syns(counter, probes_to_show(self.probability), self.port, through=self.chain == "FORWARD")

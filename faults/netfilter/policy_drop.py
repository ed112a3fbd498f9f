"""A chain whose policy is DROP."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter
from droplab.harness.contracts.words import Words, split


class PolicyDrop(Fault):
    """The policy of a chain is DROP, and no rule accepts what the service needs: everything else is dropped.

    No rule says DROP; the policy does, in the chain's headline. `iptables -F` makes it worse: it deletes the rules
    that accept, and the policy stays.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = "Connections time out; what some rule accepts (ping, for example) goes on."
    evidence: ClassVar = "iptables -nvL: Chain INPUT (policy DROP N packets), N grows, and no rule for the port."
    lookalike: ClassVar = "A DROP rule: the rule counts, not the headline of the chain. A dead service: SYNs get a RST."
    remedy: ClassVar = "iptables -A CHAIN with an ACCEPT for the service, or iptables -P CHAIN ACCEPT."
    example: ClassVar = {"chain": "INPUT", "accept": ["-i lo", "-p icmp"]}
    look: ClassVar = ("iptables -nvL INPUT", r"^Chain INPUT \(policy DROP [1-9]\w* packets")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT", "protocol": "tcp"})
    drop_reason: ClassVar = "NETFILTER_DROP"

    chain: Literal["INPUT", "FORWARD", "OUTPUT"] = Field(default="INPUT", description="chain of the filter table")
    accept: list[Words] = Field(
        default=[], max_length=20, description='what is let through all the same, as matches: "-p tcp --dport 22"'
    )

    def _accepting(self) -> list[Argv]:
        return [(self.chain, *split(match), "-j", "ACCEPT") for match in self.accept]

    def plan(self, node: Node) -> Change:
        """The rules that accept, as far as they are not there yet, then the policy."""
        rules = [rule for rule in self._accepting() if node.run(("iptables", "-C", *rule), check=False).returncode]
        show = ("iptables", "-S", self.chain)
        return Change(
            apply=(*(("iptables", "-A", *rule) for rule in rules), ("iptables", "-P", self.chain, "DROP")),
            present=Question(show, rf"^-P {self.chain} DROP\n"),
            revert=(("iptables", "-P", self.chain, "ACCEPT"), *(("iptables", "-D", *rule) for rule in rules[::-1])),
            original=Question(show, rf"^-P {self.chain} ACCEPT\n"),
        )

    def signature(self) -> Signature:
        """SYNs are lost and the policy counts them; ping is spared if a rule accepts it, else only ARP."""
        through = self.chain == "FORWARD"
        role: Literal["through", "target"] = "through" if through else "target"
        policy = OwnCounter(
            "packets that met the policy", ("iptables-save", "-c", "-t", "filter"), rf"^:{self.chain} DROP \[(\d+):"
        )
        if any("icmp" in match for match in self.accept):
            spared = ProbeSpec("ping", "loss", {"count": 300}, role)
        elif through:
            spared = ProbeSpec("ping", "loss", {"count": 300})
        else:
            spared = ProbeSpec("arp", "loss", {"count": 20})
        return Signature(trigger=ProbeSpec("syn", "loss", {"count": 300}, role), traces=(policy,), spared=spared)

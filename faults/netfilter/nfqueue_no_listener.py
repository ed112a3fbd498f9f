"""A rule that hands packets to a program that does not run."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from droplab.faults.netfilter._loss import lost_syns
from droplab.faults.netfilter._rule import Rule, of_port
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.errors import UsageError

QUEUES = "/proc/net/netfilter/nfnetlink_queue"


class NfqueueNoListener(Fault):
    """A rule hands packets to a queue for a program (an intrusion prevention system, say) that is not running.

    The kernel drops what nobody can judge. No rule says DROP, and the list of queues is empty.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = "Every SYN is lost and curl times out while it connects; no DROP stands anywhere."
    evidence: ClassVar = (
        "iptables -nvL: an NFQUEUE rule with a growing counter; /proc/net/netfilter/nfnetlink_queue has no such queue."
    )
    lookalike: ClassVar = (
        "A DROP rule: its target says so. A program that hangs: nfnetlink_queue lists the queue, and it fills."
    )
    remedy: ClassVar = "Start the program, give the rule --queue-bypass, or iptables -D CHAIN with its own words."
    example: ClassVar = {"port": 80, "queue": 7}
    look: ClassVar = ("iptables -nvL INPUT", r"^ *[1-9]\w* +\w+ +NFQUEUE .*NFQUEUE num 7")
    looks_like: ClassVar = LooksLike("iptables_drop", {"port": 80})

    queue: int = Field(default=0, ge=0, le=65535, description="number of the queue")
    port: int | None = Field(default=None, ge=1, le=65535, description="only this TCP port")

    def _rule(self) -> Rule:
        return Rule("INPUT", (*of_port("INPUT", self.port), "-j", "NFQUEUE", "--queue-num", str(self.queue)))

    def plan(self, node: Node) -> Change:
        """One rule, appended."""
        try:
            queues = node.read(QUEUES)
        except FileNotFoundError:
            queues = ""
        if re.search(rf"^ *{self.queue} ", queues, re.MULTILINE):
            raise UsageError(
                f"nfqueue_no_listener: a program of {node.name} listens on queue {self.queue}; take another"
            )
        return self._rule().change()

    def signature(self) -> Signature:
        """SYNs are lost, and the rule counts them."""
        return lost_syns(self._rule().counter(), 300, self.port)

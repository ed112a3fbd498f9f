"""A resolver that does not answer."""

from __future__ import annotations

import shlex
from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter


class DnsSilent(Fault):
    """A resolver no longer answers, over UDP and over TCP: its firewall drops the queries without a word.

    libc asks the nameservers of /etc/resolv.conf in turn and waits 5 s for each, so a silent first one makes every
    lookup 5 s longer, and a silent only one makes it fail. A closed port would be noticed at once.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = (
        "Every page by name takes 5 s longer (one of two resolvers) or cannot be found; by address it is quick."
    )
    evidence: ClassVar = (
        "dig @RESOLVER times out; iptables -nvL INPUT on the resolver: DROP dpt:53 with a growing counter."
    )
    lookalike: ClassVar = (
        "A closed port (dig: connection refused, no delay), or a resolver that leaves only AAAA queries unanswered "
        "(dig NAME A is quick, dig NAME AAAA times out)."
    )
    remedy: ClassVar = (
        "iptables -D INPUT -p udp --dport 53 -j DROP, and -p tcp; or take the resolver out of resolv.conf."
    )
    victim: ClassVar = "resolver"
    look: ClassVar = ("iptables -nvL INPUT", r"^ *[1-9]\w* +\w+ +DROP +(?:udp|17) .* udp dpt:53\s*$")
    looks_like: ClassVar = LooksLike("aaaa_unanswered")
    drop_reason: ClassVar = "NETFILTER_DROP"

    port: int = Field(default=53, ge=1, le=65535, description="the port that the resolver is asked at")

    def memoryless(self) -> bool:
        """Every query is dropped."""
        return True

    def _rule(self, protocol: str) -> Argv:
        return ("INPUT", "-p", protocol, "--dport", str(self.port), "-j", "DROP")

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rules are the same whatever the node holds)
        """A rule for UDP and one for TCP; it is there while either is."""
        rules = (self._rule("udp"), self._rule("tcp"))
        either = " || ".join(shlex.join(("iptables", "-C", *rule)) for rule in rules)
        return Change(
            apply=tuple(("iptables", "-A", *rule) for rule in rules),
            present=Question(("sh", "-c", f"{{ {either}; }} 2>/dev/null")),
            revert=tuple(("iptables", "-D", *rule) for rule in rules),
        )

    def signature(self) -> Signature:
        """A query that was answered, with whatever, times out; the rule counts it, ping is spared."""
        counted = rf"^\[(\d+):\d+\] -A INPUT -p udp -m udp --dport {self.port} -j DROP$"
        return Signature(
            trigger=ProbeSpec("dns", "outcome", {"target": "www.lab.test", "port": self.port, "timeout_s": 1.0}),
            symptom="changes",
            becomes=("timeout",),
            traces=(OwnCounter("queries in the rule", ("iptables-save", "-c", "-t", "filter"), counted, "any"),),
            spared=ProbeSpec("ping", "loss", {"count": 100}),
        )

"""A resolver that leaves AAAA queries unanswered."""

from __future__ import annotations

from typing import ClassVar

from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter

END_OF_NAME_AAAA_IN = "|00001c0001|"  # RFC 1035, section 4.1.2: the root label, QTYPE 28 (RFC 3596), QCLASS 1
RULE = (
    *("INPUT", "-p", "udp", "--dport", "53", "-m", "string", "--algo", "bm"),
    *("--hex-string", END_OF_NAME_AAAA_IN, "-j", "DROP"),
)


class AaaaUnanswered(Fault):
    """A resolver answers queries for IPv4 addresses (A) and drops those for IPv6 addresses (AAAA) without a word.

    libc asks for both at once and waits for both. With one nameserver in resolv.conf a lookup that has its IPv4 answer
    after a millisecond goes on for 15 s; whoever has less patience sees a failure.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = "curl waits 5 to 15 s at every name, curl -4 and dig NAME are quick, the page itself is quick."
    evidence: ClassVar = (
        "dig NAME A is answered, dig NAME AAAA times out; a rule with a string match counts on the resolver."
    )
    lookalike: ClassVar = "A resolver that is silent altogether: dig NAME A times out as well."
    remedy: ClassVar = (
        "Delete the rule on the resolver; until then, in resolv.conf: options no-aaaa, or single-request timeout:1."
    )
    victim: ClassVar = "resolver"
    look: ClassVar = ("iptables -nvL INPUT", r"^ *[1-9]\w* +\w+ +DROP +(?:udp|17) .*00001c0001")
    looks_like: ClassVar = LooksLike("dns_silent")
    drop_reason: ClassVar = "NETFILTER_DROP"

    def memoryless(self) -> bool:
        """The type of a query alone decides."""
        return True

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rule is the same whatever the node holds)
        """One rule that looks for the end of a question of type AAAA."""
        return Change(
            apply=(("iptables", "-A", *RULE),),
            present=Question(("iptables", "-C", *RULE)),
            revert=(("iptables", "-D", *RULE),),
        )

    def signature(self) -> Signature:
        """A query of type AAAA that was answered, with whatever, times out; one of type A is answered as before."""
        name = {"target": "www.lab.test", "timeout_s": 1.0}
        return Signature(
            trigger=ProbeSpec("dns", "outcome", {**name, "qtype": "AAAA"}),
            symptom="changes",
            becomes=("timeout",),
            traces=(
                OwnCounter(
                    "queries in the rule",
                    ("iptables-save", "-c", "-t", "filter"),
                    r'^\[(\d+):\d+\] -A INPUT .*--hex-string "\|00001c0001\|".* -j DROP$',
                    "any",
                ),
            ),
            spared=ProbeSpec("dns", "outcome", name),
        )

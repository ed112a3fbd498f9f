"""SYNs that ask for ECN are dropped."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter

SETTINGS = ("tcp_ecn", "tcp_ecn_fallback")
RULE = ("OUTPUT", "-p", "tcp", "--syn", "-m", "ecn", "--ecn-tcp-ece", "-j", "DROP")


class EcnSyn(Fault):
    """A node asks for ECN in its SYNs (flags ECE and CWR), and a firewall takes these for a scan and drops them.

    The kernel sends the SYN again after a second, without ECN (RFC 3168, section 6.1.1.1), and that one passes: every
    connection takes a second longer to open. Without that fallback none opens at all.
    """

    needs: ClassVar = ("sysctl", "iptables", "iptables-save")
    symptom: ClassVar = "Each connection takes a second longer to open, then all is fast; hping3 and ping are well."
    evidence: ClassVar = (
        "iptables -nvL: a DROP rule with ECN match ECE, one packet for each connection. tcpdump: flags [SEW], then "
        "[S] a second later. nstat: TcpExtTCPSynRetrans grows on the client."
    )
    lookalike: ClassVar = (
        "Random loss of SYNs: some connections take 0, 1 or 3 s, and probes without options are lost too. A resolver "
        "that does not answer: the time goes into the lookup."
    )
    remedy: ClassVar = "Delete the rule; or sysctl -w net.ipv4.tcp_ecn=2, which answers ECN and does not ask for it."
    victim: ClassVar = "client"
    look: ClassVar = ("iptables -nvL OUTPUT", r"^ *[1-9]\w* +\w+ +DROP .*ECN match ECE")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "OUTPUT", "syn": True})
    drop_reason: ClassVar = "NETFILTER_DROP"

    fallback: bool = Field(default=True, description="whether the second SYN goes without ECN, as is usual")

    def plan(self, node: Node) -> Change:
        """Ask for ECN, and drop what asks for it."""
        before = [node.read(f"/proc/sys/net/ipv4/{name}").strip() for name in SETTINGS]
        return Change(
            apply=(("iptables", "-A", *RULE), _set("1", str(int(self.fallback)))),
            present=Question(("iptables", "-C", *RULE)),
            revert=(_set(*before), ("iptables", "-D", *RULE)),
        )

    def signature(self) -> Signature:
        """A connection does not open within half a second; SYNs that do not ask for ECN are spared."""
        return Signature(
            trigger=ProbeSpec("http", "outcome", {"connect_timeout_s": 0.5}, role="source"),
            traces=(
                OwnCounter("packets in the rule", ("iptables-save", "-c"), r"^\[(\d+):\d+\] -A OUTPUT .*--ecn-tcp-ece"),
            ),
            spared=ProbeSpec("syn", "loss", {"count": 300}, role="source"),
            symptom="changes",
            becomes=("connect_timeout",),
        )


def _set(*values: str) -> tuple[str, ...]:
    return ("sysctl", "-qw", *(f"net.ipv4.{name}={value}" for name, value in zip(SETTINGS, values, strict=True)))

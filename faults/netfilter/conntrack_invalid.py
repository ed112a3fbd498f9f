"""A stateful firewall that forgets idle connections."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.faults.netfilter._rule import Rule
from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import ConntrackCounter

LOOSE = "net.netfilter.nf_conntrack_tcp_loose"
TIMEOUT = "net.netfilter.nf_conntrack_tcp_timeout_established"
LINGER_S = 0.7
"""The probe's pause beyond the time-out; conntrack counts in jiffies."""


class ConntrackInvalid(Fault):
    """Connection tracking forgets idle connections after a short time, and a rule drops what it does not know.

    Three settings together: a short nf_conntrack_tcp_timeout_established, nf_conntrack_tcp_loose=0 (the middle of an
    unknown connection is INVALID, where 1 would pick it up), and a rule that drops INVALID. New connections are fine;
    a kept one dies without a word: no FIN, no RST.
    """

    needs: ClassVar = ("iptables", "iptables-save", "sysctl")
    symptom: ClassVar = "Fresh requests always work; a connection that was idle for a while hangs and times out."
    evidence: ClassVar = "iptables -nvL: DROP ctstate INVALID counts; conntrack -S: invalid grows; the two sysctls."
    lookalike: ClassVar = "nginx's keepalive_timeout ends idle connections too, but says so: the client sees a FIN."
    remedy: ClassVar = "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=432000 and tcp_loose=1."
    example: ClassVar = {"forgets_after_s": 1}
    look: ClassVar = ("iptables -nvL INPUT", r"^ *[1-9]\w* +\w+ +DROP .*ctstate INVALID")
    drop_reason: ClassVar = "NETFILTER_DROP"

    forgets_after_s: int = Field(default=1, ge=1, le=60, description="idle seconds after which a connection is unknown")

    def _rule(self) -> Rule:
        return Rule("INPUT", ("-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP"))

    def plan(self, node: Node) -> Change:
        """Two sysctls, and the rule if the node has none like it; there is as long as one of the parts is."""
        rule, ours = self._rule(), {LOOSE: "0", TIMEOUT: str(self.forgets_after_s)}
        before = {key: node.run(("sysctl", "-n", key)).stdout.strip() for key in ours}
        parts = [f'[ "$(sysctl -n {key})" = {value} ]' for key, value in ours.items() if before[key] != value]
        add: list[Argv] = []
        remove: list[Argv] = []
        if node.run(rule.argv("-C"), check=False).returncode:
            add, remove = [rule.argv("-A")], [rule.argv("-D")]
            parts.append(f"{' '.join(rule.argv('-C'))} 2>/dev/null")
        return Change(
            apply=(*(("sysctl", "-qw", f"{key}={value}") for key, value in ours.items()), *add),
            present=Question(("sh", "-c", " || ".join(parts) or "true")),
            revert=(*remove, *(_back(key, value, before[key]) for key, value in ours.items())),
        )

    def signature(self) -> Signature:
        """The second request on a connection that was idle dies, and is INVALID; new connections are spared."""
        return Signature(
            trigger=ProbeSpec("idle", "outcome", {"idle_s": self.forgets_after_s + LINGER_S}),
            symptom="changes",
            becomes=("no_response",),
            traces=(self._rule().counter(), ConntrackCounter("invalid")),
            spared=ProbeSpec("syn", "loss", {"count": 300}),
        )


def _back(key: str, ours: str, before: str) -> Argv:
    """The old value, if nobody has set a third one meanwhile."""
    return ("sh", "-c", f'[ "$(sysctl -n {key})" != {ours} ] || sysctl -qw {key}={before}')

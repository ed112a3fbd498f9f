"""A policy rule that sends large packets into a table without a way out."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter

MANGLE: Argv = ("iptables", "-t", "mangle")
IP_AND_ICMP = 28
LARGEST_PING = 1472


class PolicyRule(Fault):
    """Packets above a length are marked, and a policy rule routes the mark by a table that leads nowhere.

    Handshakes, pings and short pages pass; long answers never leave the server. The main table looks healthy, and so
    does ip route get, which asks without the mark. No DROP rule is anywhere.
    """

    needs: ClassVar = ("ip", "iptables")
    symptom: ClassVar = "Short pages come, long ones hang without a byte; ping works, ping -s 1400 does not."
    evidence: ClassVar = (
        "ip rule: a rule with fwmark; ip route show table N: blackhole. iptables -t mangle -nvL OUTPUT: MARK with a "
        "growing counter; ip route get CLIENT mark M fails."
    )
    lookalike: ClassVar = (
        "A PMTU black hole: the server retransmits (ss -tio), a router counts IpFragFails. A small MTU: netstat -i "
        "shows it, and RX-DRP grows."
    )
    remedy: ClassVar = "ip rule del fwmark M, the table's route and the MARK rule."
    look: ClassVar = ("ip rule", r"from all fwmark 0x7 lookup 100\b")
    looks_like: ClassVar = LooksLike("mtu", {"mtu": 600})
    drop_reason: ClassVar = "NETFILTER_DROP"

    longer_than: int = Field(default=1000, ge=84, le=1499, description="bytes of the IP packet that still pass")
    mark: int = Field(default=7, ge=1, le=2**32 - 1, description="the firewall mark")
    table: int = Field(default=100, ge=1, le=252, description="routing table; 253 to 255 are the kernel's")
    action: Literal["blackhole", "unreachable", "prohibit"] = Field(
        default="blackhole", description="the only route of that table"
    )
    priority: int = Field(default=100, ge=1, le=32765, description="of the rule; main has 32766")

    def memoryless(self) -> bool:
        """The length of a packet alone decides."""
        return True

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (it is the same whatever the node holds)
        """The policy rule first: it tells whether the fault is there, and goes last."""
        route = (self.action, "default", "table", str(self.table))
        rule = ("pref", str(self.priority), "fwmark", f"{self.mark:#x}", "lookup", str(self.table))
        marking = (
            "OUTPUT", "-m", "length", "--length", f"{self.longer_than + 1}:65535",
            "-j", "MARK", "--set-mark", f"{self.mark:#x}",
        )  # fmt: skip
        return Change(
            apply=(("ip", "rule", "add", *rule), ("ip", "route", "add", *route), (*MANGLE, "-A", *marking)),
            present=Question(("ip", "rule"), rf"(?m)^{self.priority}:.* fwmark {self.mark:#x} lookup {self.table}\b"),
            revert=((*MANGLE, "-D", *marking), ("ip", "route", "del", *route), ("ip", "rule", "del", *rule)),
        )

    def signature(self) -> Signature:
        """Long echo replies are marked and never leave; SYN-ACKs are short."""
        size = min(self.longer_than + 200 - IP_AND_ICMP, LARGEST_PING)
        counter = OwnCounter(
            "packets marked", (*MANGLE, "-nvxL", "OUTPUT"), rf"^ *(\d+) .*MARK (?:set|or) {self.mark:#x}\b"
        )
        return Signature(
            trigger=ProbeSpec("ping", "loss", {"count": 300, "size": size}),
            traces=(counter,),
            spared=ProbeSpec("syn", "loss", {"count": 300}),
        )

"""A token bucket that is smaller than a frame."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.faults.link._scratch import INTERFACE, accepts, refuse_other_queue
from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter
from droplab.harness.errors import MachineLacks

ETHERNET_IP_ICMP = 42


class TbfBurst(Fault):
    """A rate limit whose burst is smaller than a frame: what is larger never fits the bucket and is dropped.

    Somebody shaped a link with tc and thought of the rate only. Small packets pass at full speed; a larger one can
    never gather enough tokens, however long it waits, so the kernel drops it at once.
    """

    needs: ClassVar = ("tc", "unshare")
    symptom: ClassVar = (
        "SYN and ping succeed, a page stops after its headers, a download never comes; ping -s 1400 fails."
    )
    evidence: ClassVar = "tc -s qdisc show dev eth0: tbf with a burst below 1514 bytes, dropped growing."
    lookalike: ClassVar = (
        "A small MTU: netstat -i shows it and counts RX-DRP, and what is lost is what the node receives. "
        "Here every MTU is 1500 and only what the node sends is lost."
    )
    remedy: ClassVar = "tc qdisc del dev eth0 root, or a burst of at least a frame: tc qdisc change ... burst 1600."
    example: ClassVar = {"burst": 500}
    look: ClassVar = ("tc -s qdisc show dev eth0", r"qdisc tbf [^\n]* burst 500b [^\n]*\n[^\n]*\(dropped [1-9]")
    looks_like: ClassVar = LooksLike("mtu", {"mtu": 500})
    drop_reason: ClassVar = "QDISC_DROP"

    burst: int = Field(ge=150, le=1_400, description="bytes; larger frames are dropped (a full one has 1514)")
    rate_kbit: int = Field(default=10_000, ge=1_000, le=100_000, description="kilobits (1000 bits) per second")
    interface: str = Field(default="eth0", pattern=INTERFACE, description="the interface in the node")

    def plan(self, node: Node) -> Change:
        """One tbf queue at the root of the interface."""
        if not accepts(node, self._command("lo")):
            raise MachineLacks("tbf_burst: this kernel has no tbf (sch_tbf)")
        refuse_other_queue("tbf_burst", node, self.interface)
        return Change(
            apply=(self._command(self.interface),),
            present=Question(
                ("tc", "qdisc", "show", "dev", self.interface), r"qdisc tbf .* burst (?:\d{3}|1[0-4]\d\d)b "
            ),
            revert=(("tc", "qdisc", "del", "dev", self.interface, "root"),),
        )

    def _command(self, interface: str) -> Argv:
        shape = ("rate", f"{self.rate_kbit}kbit", "burst", str(self.burst), "limit", "30000")
        return ("tc", "qdisc", "add", "dev", interface, "root", "tbf", *shape)

    def signature(self) -> Signature:
        """An echo reply larger than the bucket is lost and counted; a SYN's answer fits."""
        show = ("tc", "-s", "qdisc", "show", "dev", self.interface)
        size = self.burst + 20 - ETHERNET_IP_ICMP
        return Signature(
            trigger=ProbeSpec("ping", "loss", {"size": size, "count": 100}),
            traces=(OwnCounter("frames dropped by tbf", show, r"qdisc tbf [^\n]*\n[^\n]*\(dropped (\d+)"),),
            spared=ProbeSpec("syn", "loss", {"count": 300}),
        )

"""Random loss on a link."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from droplab.faults.link._scratch import INTERFACE, accepts, refuse_other_queue
from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter
from droplab.harness.errors import MachineLacks

LOAD_RANDOM = "32 0 0 4294963256"  # ld [SKF_AD_OFF + SKF_AD_RANDOM], a fresh 32-bit number (linux/filter.h)
DROP, PASS = "6 0 0 2", "6 0 0 4294967295"  # return TC_ACT_SHOT, TC_ACT_UNSPEC (linux/pkt_cls.h)


class LinkLoss(Fault):
    """A link loses a random share of its frames, whatever they carry: IP, ARP, everything.

    It is done below the packet filter: by a netem queue where the kernel has netem and the loss is on the way out,
    else by a classic BPF program at tc's clsact hook. No rule of iptables or nft counts these packets.
    """

    needs: ClassVar = ("tc", "unshare")
    symptom: ClassVar = (
        "ping loses packets, connections take 1, 2 or 3 s longer or time out; loss on the way in and loss on the way "
        "out multiply."
    )
    evidence: ClassVar = (
        "tc -s qdisc show dev eth0: dropped grows at clsact or netem; tc filter show dev eth0 ingress (or egress). "
        "netstat -i stays silent."
    )
    lookalike: ClassVar = "A DROP rule: iptables -nvL or nft list ruleset counts the packets, ARP is spared."
    remedy: ClassVar = "tc qdisc del dev eth0 clsact, or tc qdisc del dev eth0 root for netem."
    example: ClassVar = {"probability": 0.3}
    look: ClassVar = ("tc -s qdisc show dev eth0", r"qdisc clsact [^\n]*\n[^\n]*\(dropped [1-9]")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT", "probability": 0.3})
    drop_reason: ClassVar = "TC_INGRESS"

    probability: float = Field(ge=1e-6, le=1, description="share of frames lost, 0..1; each way by itself with both")
    direction: Literal["ingress", "egress", "both"] = Field(
        default="ingress", description="what the node receives (ingress), what it sends (egress), or both"
    )
    mechanism: Literal["auto", "netem", "bpf"] = Field(
        default="auto", description="auto: netem for egress where the kernel has it, else bpf"
    )
    interface: str = Field(default="eth0", pattern=INTERFACE, description="the interface in the node")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.mechanism == "netem" and self.direction != "egress":
            raise ValueError(f"netem delays and drops what is sent: direction egress, not {self.direction}; or bpf")
        return self

    def memoryless(self) -> bool:
        """Every frame is diced for by itself."""
        return True

    def plan(self, node: Node) -> Change:
        """One netem queue, or one clsact hook with a filter for each direction."""
        if self.mechanism == "netem" or (self.mechanism == "auto" and self.direction == "egress"):
            netem = ("root", "netem", "loss", f"{self.probability * 100:.6f}".rstrip("0").rstrip(".") + "%")
            if accepts(node, ("tc", "qdisc", "add", "dev", "lo", *netem)):
                refuse_other_queue("link_loss", node, self.interface)
                return Change(
                    apply=(("tc", "qdisc", "add", "dev", self.interface, *netem),),
                    present=Question(("tc", "qdisc", "show", "dev", self.interface), "qdisc netem .* loss "),
                    revert=(("tc", "qdisc", "del", "dev", self.interface, "root"),),
                )
            if self.mechanism == "netem":
                raise MachineLacks("link_loss: this kernel has no netem (sch_netem); use mechanism: bpf")
        if not accepts(node, *self._bpf("lo")):
            raise MachineLacks("link_loss: this kernel has neither netem nor clsact with cls_bpf")
        refuse_other_queue("link_loss", node, self.interface, "clsact")
        show = "; ".join(f"tc filter show dev {self.interface} {way}" for way in self._ways)
        return Change(
            apply=self._bpf(self.interface),
            present=Question(("sh", "-c", show), f"direct-action .*bytecode '{self._program}'"),
            revert=(("tc", "qdisc", "del", "dev", self.interface, "clsact"),),
        )

    @property
    def _ways(self) -> tuple[str, ...]:
        return ("ingress", "egress") if self.direction == "both" else (self.direction,)

    @property
    def _program(self) -> str:
        below = round(self.probability * 2**32)  # it drops when the random number is below this
        return f"4,{LOAD_RANDOM},53 1 0 {below},{DROP},{PASS}" if below < 2**32 else f"1,{DROP}"

    def _bpf(self, interface: str) -> tuple[Argv, ...]:
        add = ("tc", "filter", "add", "dev", interface)
        return (
            ("tc", "qdisc", "add", "dev", interface, "clsact"),
            *((*add, way, "bpf", "da", "bytecode", self._program) for way in self._ways),
        )

    def signature(self) -> Signature:
        """SYNs are lost and the queue counts it; what does not use the link is spared.

        Each exact interval at 5e-7 is 5 * 0.5 / sqrt(n) wide on a side, and the estimates scatter; half may be lost
        already. n = (8.5 / rise)^2.
        """
        probes = int(min(max(300, (8.5 / (0.5 * self.probability)) ** 2), 20_000))
        dropped = r"qdisc (?:clsact|netem) [^\n]*\n[^\n]*\(dropped (\d+)"
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": probes}),
            traces=(OwnCounter("frames dropped by tc", ("tc", "-s", "qdisc", "show", "dev", self.interface), dropped),),
            spared=ProbeSpec("ping", "loss", {"target": "127.0.0.1", "count": 100}, role="source"),
        )

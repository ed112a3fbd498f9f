"""A slow link."""

from __future__ import annotations

from math import ceil
from typing import ClassVar, Literal

from pydantic import Field

from droplab.faults.link._scratch import INTERFACE, accepts, refuse_other_queue
from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter
from droplab.harness.errors import MachineLacks

BURST = 1600  # bytes: one full frame passes at once
PACKET = 1442  # bytes of the trigger's frames: 1400 of payload


class LinkRate(Fault):
    """What a node sends is shaped to a low rate, as by a slow or a throttled line.

    A queue holds what comes faster, up to ``limit`` bytes, and drops the rest. A long queue loses nothing and makes
    everything late (bufferbloat); a short one drops. Small answers are quick as long as the line is idle.
    """

    needs: ClassVar = ("tc", "unshare")
    symptom: ClassVar = "Small pages and ping are quick, a download crawls, and while it runs everything else is late."
    evidence: ClassVar = "tc -s qdisc show dev eth0: tbf with a rate, overlimits and backlog growing."
    lookalike: ClassVar = "A long way (delay): the first small packet is late, too, and a lone ping shows it."
    remedy: ClassVar = "tc qdisc del dev eth0 root, or a higher rate: tc qdisc change."
    example: ClassVar = {"rate_kbit": 512}
    look: ClassVar = (
        "tc -s qdisc show dev eth0",
        r"qdisc (?:tbf [^\n]*\n[^\n]*overlimits [1-9]|netem [^\n]* rate )",
    )
    looks_like: ClassVar = LooksLike("link_delay", {"delay_ms": 50})

    rate_kbit: int = Field(ge=64, le=50_000, description="kilobits (1000 bits) per second that the node may send")
    limit: int = Field(default=100_000, ge=3_000, le=10_000_000, description="bytes that may wait; more are dropped")
    mechanism: Literal["auto", "tbf", "netem"] = Field(default="auto", description="auto: tbf, else netem")
    interface: str = Field(default="eth0", pattern=INTERFACE, description="the interface in the node")

    def plan(self, node: Node) -> Change:
        """One queue at the root of the interface."""
        known = ("tbf", "netem") if self.mechanism == "auto" else (self.mechanism,)
        mechanism = next((name for name in known if accepts(node, self._command(name, "lo"))), None)
        if mechanism is None:
            raise MachineLacks(f"link_rate: this kernel has no {' or '.join(f'sch_{name}' for name in known)}")
        refuse_other_queue("link_rate", node, self.interface)
        return Change(
            apply=(self._command(mechanism, self.interface),),
            present=Question(
                ("tc", "qdisc", "show", "dev", self.interface), rf"qdisc {mechanism} .* rate {self._rate}\b"
            ),
            revert=(("tc", "qdisc", "del", "dev", self.interface, "root"),),
        )

    @property
    def _rate(self) -> str:
        """As tc prints it."""
        return f"{self.rate_kbit}Kbit" if self.rate_kbit % 1000 else f"{self.rate_kbit // 1000}Mbit"

    def _command(self, mechanism: str, interface: str) -> Argv:
        head = ("tc", "qdisc", "add", "dev", interface, "root", mechanism, "rate", f"{self.rate_kbit}kbit")
        if mechanism == "netem":
            return (*head, "limit", str(max(self.limit // PACKET, 2)))  # netem counts packets
        return (*head, "burst", str(BURST), "limit", str(self.limit))

    def signature(self) -> Signature:
        """Large echo replies, some at once, wait for each other; none of a few small frames is lost."""
        count = min(max(ceil((BURST + 12.5 * self.rate_kbit) / PACKET), 4), 32)  # a tenth of a second of the rate
        drained_s = 8 * PACKET * (count + 1) / (1000 * self.rate_kbit)
        show = ("tc", "-s", "qdisc", "show", "dev", self.interface)
        late = {"size": 1400, "count": count, "deadline_s": 0.2 + drained_s}
        return Signature(
            trigger=ProbeSpec("ping", "rtt_p50_s", late),
            symptom="slower",
            traces=(
                OwnCounter("tbf overlimits", show, r"qdisc tbf [^\n]*\n[^\n]*overlimits (\d+)", "any"),
                OwnCounter("packets in netem", show, r"qdisc netem [^\n]* rate [^\n]*\n Sent \d+ bytes (\d+)", "any"),
            ),
            spared=ProbeSpec("arp", "loss", {"count": 10, "deadline_s": 0.5}),
        )

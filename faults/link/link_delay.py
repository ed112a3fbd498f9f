"""A long way."""

from __future__ import annotations

import secrets
import sys
from itertools import count
from typing import ClassVar, Literal

from pydantic import Field

from droplab.faults.link._scratch import INTERFACE, accepts, refuse_other_queue
from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter
from droplab.harness.errors import MachineLacks

QUEUES = "/proc/net/netfilter/nfnetlink_queue"
SHOW = ("sh", "-c", "tc -s qdisc show; iptables-save -c -t mangle")
PASSED = r"^(?:qdisc netem [^\n]* delay [^\n]*\n Sent \d+ bytes |\[)(\d+)(?: pkt|:\d+\] -A POSTROUTING .*-j NFQUEUE)"


class LinkDelay(Fault):
    """Every packet that a node sends is late, as on a long way; with jitter, each by a different time.

    It is done by a netem queue where the kernel has netem. Elsewhere a rule hands the packets to a program (NFQUEUE)
    which lets each go on when its time has come. Jitter lets packets overtake each other.
    """

    needs: ClassVar = ("tc", "unshare", "iptables", "iptables-save", "pkill")
    symptom: ClassVar = "Nothing is lost and everything is late: ping by the delay, a page by twice as much."
    evidence: ClassVar = (
        "tc -s qdisc show dev eth0: netem delay; or iptables -t mangle -nvL POSTROUTING: NFQUEUE, its counter growing."
    )
    lookalike: ClassVar = "A slow link: a lone ping is quick, only large or many packets are late; tc shows a rate."
    remedy: ClassVar = "tc qdisc del dev eth0 root, or iptables -t mangle -D POSTROUTING with the rule's own words."
    example: ClassVar = {"delay_ms": 50}
    look: ClassVar = (
        "tc -s qdisc show dev eth0; iptables -t mangle -nvL POSTROUTING",
        r"qdisc netem .* delay |^ *[1-9]\w* +\w+ +NFQUEUE ",
    )
    looks_like: ClassVar = LooksLike("link_rate", {"rate_kbit": 512})

    delay_ms: int = Field(ge=1, le=2_000, description="milliseconds that every packet waits at least")
    jitter_ms: int = Field(
        default=0, ge=0, le=1_000, description="up to so many milliseconds more, for each packet others"
    )
    mechanism: Literal["auto", "netem", "nfqueue"] = Field(
        default="auto", description="auto: netem where the kernel has it, else nfqueue"
    )
    interface: str = Field(default="eth0", pattern=INTERFACE, description="the interface in the node")

    def plan(self, node: Node) -> Change:
        """A netem queue, or a program that waits for packets and the rule that gives them to it."""
        if self.mechanism != "nfqueue":
            if accepts(node, self._netem("lo")):
                refuse_other_queue("link_delay", node, self.interface)
                return Change(
                    apply=(self._netem(self.interface),),
                    present=Question(("tc", "qdisc", "show", "dev", self.interface), r"qdisc netem .* delay "),
                    revert=(("tc", "qdisc", "del", "dev", self.interface, "root"),),
                )
            if self.mechanism == "netem":
                raise MachineLacks("link_delay: this kernel has no netem (sch_netem); use mechanism: nfqueue")
        if not accepts(node, ("iptables", "-t", "mangle", "-A", *self._rule(0))):
            raise MachineLacks("link_delay: this kernel has neither netem nor iptables' NFQUEUE")
        return self._queued(_free_queue(node))

    def _netem(self, interface: str) -> Argv:
        """netem takes the middle and how far to both sides of it."""
        half_us = self.jitter_ms * 500
        middle = f"{self.delay_ms}ms" if not half_us else f"{self.delay_ms * 1000 + half_us}us"
        jitter = (f"{half_us}us",) if half_us else ()
        return ("tc", "qdisc", "add", "dev", interface, "root", "netem", "delay", middle, *jitter)

    def _rule(self, queue: int) -> Argv:
        return ("POSTROUTING", "-o", self.interface, "-j", "NFQUEUE", "--queue-num", str(queue))

    def _queued(self, queue: int) -> Change:
        token = secrets.token_hex(8)
        times = ("--delay-ms", str(self.delay_ms), "--jitter-ms", str(self.jitter_ms))
        which = ("--queue", str(queue), *times, "--interface", self.interface, "--token", token)
        mangle = ("iptables", "-t", "mangle")
        return Change(
            apply=(
                (sys.executable, "-m", "droplab.faults.link._delayer", *which),
                (*mangle, "-A", *self._rule(queue)),
            ),
            present=Question((*mangle, "-C", *self._rule(queue))),
            revert=((*mangle, "-D", *self._rule(queue)), ("pkill", "-f", token)),
        )

    def signature(self) -> Signature:
        """Echo replies are late, by the kernel's own count of what waited, and none is lost."""
        patient = {"deadline_s": 0.3 + 2 * (self.delay_ms + self.jitter_ms) / 1000}
        return Signature(
            trigger=ProbeSpec("ping", "rtt_p50_s", {"count": 20, **patient}),
            symptom="slower",
            traces=(OwnCounter("packets delayed", SHOW, PASSED, "any"),),
            spared=ProbeSpec("ping", "loss", {"count": 100, **patient}),
        )


def _free_queue(node: Node) -> int:
    try:
        taken = {int(line.split()[0]) for line in node.read(QUEUES).splitlines()}
    except FileNotFoundError:  # the kernel makes it with the first listener
        taken = set()
    return next(number for number in count() if number not in taken)

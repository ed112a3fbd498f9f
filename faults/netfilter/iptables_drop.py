"""A DROP rule in the filter table."""

from __future__ import annotations

import re
import shlex
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter

RESOLUTION = 2**31  # xt_statistic keeps a probability as a fraction of 2^31 and prints eleven digits of it


class IptablesDrop(Fault):
    """An iptables rule drops packets: all of them, a random share, or every n-th.

    The rule is appended to a chain of the filter table as a person would type it. Without a match it hits everything,
    loopback and ICMP included.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = (
        "Connections take 1, 2 or 3 s longer or time out (a lost SYN is sent again after 1 s); ping loses packets. "
        "The loss on the way in and the loss on the way out multiply."
    )
    evidence: ClassVar = "iptables -nvL: a DROP rule with a growing packet counter. netstat -i stays silent."
    lookalike: ClassVar = (
        "Loss on the link or in a queue: no rule counts it, tc -s qdisc or ip -s link does. nft rules outside of "
        "iptables' tables: only nft list ruleset shows them."
    )
    example: ClassVar = {"chain": "INPUT", "probability": 0.3}
    look: ClassVar = ("iptables -nvL INPUT", r"^ *[1-9]\w* +\w+ +DROP .*statistic mode random")
    looks_like: ClassVar = LooksLike("mtu", {"mtu": 100})
    drop_reason: ClassVar = "NETFILTER_DROP"
    remedy: ClassVar = "iptables -D CHAIN with the rule's own words, or by number (iptables -L --line-numbers)."

    chain: Literal["INPUT", "OUTPUT", "FORWARD"] = Field(default="INPUT", description="chain of the filter table")
    probability: float | None = Field(
        default=None, ge=1e-6, le=1, description="share of packets dropped at random, 0..1"
    )
    every: int | None = Field(default=None, ge=2, le=1_000_000, description="drop every n-th packet instead, exactly")
    protocol: Literal["tcp", "udp", "icmp"] | None = Field(default=None, description="only this protocol")
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="only this port of the node (source port in OUTPUT); TCP unless protocol says udp",
    )
    source: str | None = Field(
        default=None, pattern=r"^[0-9.]+(/[0-9]{1,2})?$", description="only from this IPv4 address or prefix"
    )
    syn: bool = Field(default=False, description="only TCP SYNs; with `every`, SYN loss is then exactly 1/n")
    match: str | None = Field(default=None, description="further match options, as typed after iptables -A CHAIN")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.probability is not None and self.every is not None:
            raise ValueError("probability and every exclude each other")
        if self.protocol == "icmp" and self.port is not None:
            raise ValueError("icmp has no ports")
        if self.syn and self.protocol not in (None, "tcp"):
            raise ValueError(f"syn needs tcp, not {self.protocol}")
        return self

    @property
    def layer4(self) -> str | None:
        """The protocol that the rule names, or None when it hits all of IP."""
        if self.protocol is None and (self.syn or self.port is not None):
            return "tcp"
        return self.protocol

    def _rule(self) -> Argv:
        words: list[str] = []
        if self.source:
            words += ["-s", self.source]
        if self.layer4:
            words += ["-p", self.layer4]
        if self.port is not None:
            words += ["--sport" if self.chain == "OUTPUT" else "--dport", str(self.port)]
        if self.syn:
            words += ["--syn"]
        words += shlex.split(self.match or "")
        if self.probability is not None:
            share = f"{self.probability:.9f}".rstrip("0")
            words += ["-m", "statistic", "--mode", "random", "--probability", share + "0" * share.endswith(".")]
        if self.every is not None:
            words += ["-m", "statistic", "--mode", "nth", "--every", str(self.every), "--packet", "0"]
        return (*words, "-j", "DROP")

    def memoryless(self) -> bool:
        """Every n-th packet is the only rule that counts, unless a match does (limit, connlimit, recent)."""
        return self.every is None and self.match is None

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rule is the same whatever the node holds)
        """One rule, appended; found and deleted by its own words."""
        rule = self._rule()
        return Change(
            apply=(("iptables", "-A", self.chain, *rule),),
            present=Question(("iptables", "-C", self.chain, *rule)),
            revert=(("iptables", "-D", self.chain, *rule),),
        )

    def signature(self) -> Signature:
        """SYNs (or echo requests) are lost, the rule counts them; what the rule does not match is spared."""
        icmp = self.layer4 == "icmp" or (self.match is not None and re.search(r"-p\s+icmp", self.match) is not None)
        count = {"count": self._probes()}
        port = {"port": self.port} if self.port is not None else {}
        trigger = ProbeSpec("ping", "loss", count) if icmp else ProbeSpec("syn", "loss", {**count, **port})
        if self.layer4 is None and not icmp:
            spared: ProbeSpec | str = ProbeSpec("arp", "loss", {"count": 20})
        else:
            spared = ProbeSpec("syn" if icmp else "ping", "loss", count)
        return Signature(trigger=trigger, traces=(self._counter(),), spared=spared)

    def _probes(self) -> int:
        """Enough that two exact intervals at error 5e-7 are disjoint even when 30 % is lost already.

        Each interval is about 5 * 0.5 / sqrt(n) wide on a side, and the estimates scatter: n = (8.5 / rise)^2.
        """
        share = self.probability if self.probability is not None else 1 / (self.every or 1)
        return min(max(300, int((8.5 / (0.7 * share)) ** 2)), 20_000)

    def _counter(self) -> OwnCounter:
        wanted = [rf"-A {self.chain}\b"]
        if self.probability is not None:
            kept = f"{round(self.probability * RESOLUTION) / RESOLUTION:.11f}"
            wanted.append(rf"--probability {re.escape(kept)}")
        if self.every is not None:
            wanted.append(rf"--every {self.every}\b")
        if self.source:
            wanted.append(rf"-s {re.escape(self.source)}\b")
        if self.port is not None:
            wanted.append(rf"--[sd]port {self.port}\b")
        looks = "".join(f"(?=.*{words})" for words in wanted)
        return OwnCounter(
            "packets in the rule", ("iptables-save", "-c", "-t", "filter"), rf"^\[(\d+):\d+\]{looks}.* -j DROP"
        )

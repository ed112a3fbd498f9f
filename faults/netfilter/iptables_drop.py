"""A DROP rule in the filter table."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from droplab.faults.netfilter._chance import chance_pattern, chance_words, probes_to_show
from droplab.faults.netfilter._rule import Rule
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter
from droplab.harness.contracts.words import Words, split

IP_ICMP, IP_TCP = 28, 40  # bytes of headers
FULL_FRAME = 1500


class IptablesDrop(Fault):
    """An iptables rule drops packets: all of them, a random share, or every n-th.

    The rule is appended to a chain of the filter table as a person would type it. Without a match it hits everything,
    loopback and ICMP included. With a length only large packets die: the handshake and a plain ping pass.
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
    length: int | None = Field(
        default=None, ge=60, le=FULL_FRAME, description="only IP packets of at least so many bytes, headers included"
    )
    match: Words | None = Field(default=None, description="further match options, as typed after iptables -A CHAIN")

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

    def _rule(self) -> Rule:
        words: list[str] = []
        if self.source:
            words += ["-s", self.source]
        if self.layer4:
            words += ["-p", self.layer4]
        if self.port is not None:
            words += ["--sport" if self.chain == "OUTPUT" else "--dport", str(self.port)]
        if self.syn:
            words += ["--syn"]
        if self.length is not None:
            words += ["-m", "length", "--length", f"{self.length}:65535"]
        words += split(self.match or "")
        return Rule(self.chain, (*words, *chance_words(self.probability, self.every), "-j", "DROP"))

    def memoryless(self) -> bool:
        """A rule that counts (every n-th, or a match such as limit, connlimit or recent) is not."""
        return self.every is None and self.match is None

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rule is the same whatever the node holds)
        """One rule, appended; found and deleted by its own words."""
        return self._rule().change()

    @property
    def _icmp(self) -> bool:
        return self.layer4 == "icmp" or (self.match is not None and re.search(r"-p\s+icmp", self.match) is not None)

    @property
    def _role(self) -> Literal["through", "target"]:
        return "through" if self.chain == "FORWARD" else "target"

    def signature(self) -> Signature:
        """SYNs (or echo requests) are lost, the rule counts them; what the rule does not match is spared.

        Large packets of TCP that leave are pages, so a page is the trigger then: the lab's own, or the welcome page,
        whose body fills a packet of 618 bytes.
        """
        if self.length is not None and self.layer4 == "tcp" and self.chain == "OUTPUT":
            return self._page_dies()
        probe = "ping" if self._icmp or (self.length is not None and self.layer4 is None) else "syn"
        aimed: dict[str, Any] = {"count": probes_to_show(self.probability, self.every)}
        if self.port is not None and probe == "syn":
            aimed["port"] = self.port
        trigger = ProbeSpec(probe, "loss", {**aimed, **self._sized(probe, 0)}, self._role)
        return Signature(trigger=trigger, traces=(self._counter(),), spared=self._spared(probe, aimed))

    def _spared(self, probe: str, aimed: dict[str, Any]) -> ProbeSpec:
        """What is one byte shorter, or of another protocol; a rule for all of IP leaves only ARP."""
        if self.length is not None:
            return ProbeSpec(probe, "loss", {**aimed, **self._sized(probe, 1)}, self._role)
        count = {"count": aimed["count"]}
        if self.layer4 is None and not self._icmp:
            return (
                ProbeSpec("ping", "loss", count) if self.chain == "FORWARD" else ProbeSpec("arp", "loss", {"count": 20})
            )
        return ProbeSpec("syn" if self._icmp else "ping", "loss", count, self._role)

    def _sized(self, probe: str, less: int) -> dict[str, int]:
        """The payload that makes a probe as long as the rule wants it, but for ``less`` bytes."""
        if self.length is None:
            return {}
        return {"size": self.length - IP_ICMP - less} if probe == "ping" else {"payload": self.length - IP_TCP - less}

    def _page_dies(self) -> Signature:
        port = {"port": self.port} if self.port is not None else {}
        return Signature(
            trigger=ProbeSpec("http", "outcome", port),
            symptom="changes",
            becomes=("no_response", "stalled_body"),
            traces=(self._counter(),),
            spared=ProbeSpec("syn", "loss", {"count": 300, **port}),
        )

    def _counter(self) -> OwnCounter:
        wanted = [chance_pattern(self.probability, self.every)]
        if self.source:
            wanted.append(rf"-s {re.escape(self.source)}\b")
        if self.port is not None:
            wanted.append(rf"--[sd]port {self.port}\b")
        if self.length is not None:
            wanted.append(rf"--length {self.length}:65535\b")
        return self._rule().counter(*wanted)

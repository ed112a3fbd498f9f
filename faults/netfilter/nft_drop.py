"""A drop in a table of nft's own."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from droplab.faults.netfilter._chance import probes_to_show
from droplab.faults.netfilter._loss import lost_syns
from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter
from droplab.harness.errors import UsageError

MILLION = 1_000_000
DEVICE_HOOKS, LEAVING = {"ingress", "egress"}, {"output", "postrouting", "egress"}
FIRST = -150  # before the filter chains of iptables (0) and after connection tracking (-200)


class NftDrop(Fault):
    """A rule in an nftables table that iptables does not know drops packets.

    `iptables -nvL` and `iptables-legacy -nvL` show nothing: they print their own tables only. The hooks ingress and
    egress belong to an interface (family netdev) and lie outside of all IP tables; tcpdump still sees what ingress
    drops, and does not see what egress drops.
    """

    needs: ClassVar = ("nft",)
    symptom: ClassVar = "SYNs are lost; connections take 1, 2 or 3 s longer or time out; iptables -nvL is empty."
    evidence: ClassVar = "nft list ruleset: a chain with numgen and drop, and its counter. netstat -i stays silent."
    lookalike: ClassVar = "A DROP rule of iptables: iptables -nvL shows it. Loss in a queue: tc -s qdisc counts it."
    remedy: ClassVar = "nft delete table FAMILY NAME, or nft delete rule with its handle (nft -a list ruleset)."
    example: ClassVar = {"probability": 0.3}
    look: ClassVar = ("nft list ruleset", r"numgen random mod 1000000 < 300000 counter packets [1-9]\d* .*drop")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT", "probability": 0.3})
    drop_reason: ClassVar = "NETFILTER_DROP"

    hook: Literal["ingress", "prerouting", "input", "forward", "output", "postrouting", "egress"] = Field(
        default="input", description="where in the kernel; ingress and egress are an interface's own"
    )
    probability: float | None = Field(default=None, ge=1e-6, le=1, description="share dropped at random, 0..1")
    every: int | None = Field(default=None, ge=2, le=MILLION, description="drop every n-th packet instead, exactly")
    port: int | None = Field(default=None, ge=1, le=65535, description="only this TCP port of the node")
    syn: bool = Field(default=False, description="only TCP SYNs; with `every`, SYN loss is then exactly 1/n")
    interface: str = Field(default="eth0", pattern=r"^[\w.-]{1,15}$", description="for ingress and egress")
    table: str = Field(default="guard", pattern=r"^[a-z][a-z0-9_]{0,30}$", description="name of the new table")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.probability is not None and self.every is not None:
            raise ValueError("probability and every exclude each other")
        if self.syn and self.hook in LEAVING:
            raise ValueError(f"syn is about connections to the node, which do not pass {self.hook}")
        return self

    @property
    def _where(self) -> tuple[str, str]:
        return ("netdev" if self.hook in DEVICE_HOOKS else "inet", self.table)

    def _rule(self) -> str:
        words = ["meta protocol ip"]
        words += [f"tcp {'sport' if self.hook in LEAVING else 'dport'} {self.port}"] if self.port is not None else []
        words += ["tcp flags & (fin | syn | rst | ack) == syn"] if self.syn else []
        if self.every is not None:
            words.append(f"numgen inc mod {self.every} == 0")
        elif (hits := round((self.probability or 1) * MILLION)) < MILLION:
            words.append(f"numgen random mod {MILLION} < {hits}")
        return " ".join([*words, "counter drop"])

    def memoryless(self) -> bool:
        """Only `numgen inc` counts."""
        return self.every is None

    def plan(self, node: Node) -> Change:
        """A table of its own with one chain and one rule; undoing deletes the table."""
        where = " ".join(self._where)
        listing = ("nft", "list", "table", *self._where)
        if node.run(listing, check=False).returncode == 0:
            raise UsageError(f"nft_drop: {node.name} has a table {where} already; give another name: table")
        if node.run(("nft", "--check", "add", "table", *self._where), check=False).returncode:
            raise UsageError(
                f"nft_drop: nft does not take {self.table} as the name of a table; it is a word of its own"
            )
        device = f" device {self.interface}" if self.hook in DEVICE_HOOKS else ""
        chain = f"{{ type filter hook {self.hook}{device} priority {FIRST}; policy accept; }}"
        return Change(
            apply=(
                ("nft", "add", "table", *self._where),
                ("nft", f"add chain {where} {self.hook} {chain}"),
                ("nft", f"add rule {where} {self.hook} {self._rule()}"),
            ),
            present=Question(listing, r"counter packets \d+ bytes \d+ drop"),
            revert=(("nft", "delete", "table", *self._where),),
        )

    def signature(self) -> Signature:
        """SYNs are lost, and the rule counts them."""
        counter = OwnCounter("packets in the rule", ("nft", "list", "table", *self._where), r"counter packets (\d+)")
        count = probes_to_show(self.probability, self.every)
        return lost_syns(counter, count, self.port, tcp=self.syn, through=self.hook == "forward")

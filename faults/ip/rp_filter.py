"""Strict reverse path filtering where the way back is another one."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from droplab.faults.ip._second import second_interface, taken_away
from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import KernelCounter

NAME = r"^[A-Za-z0-9_-]{1,15}$"


class RpFilter(Fault):
    """Packets are dropped on arrival because the route back to their sender leads out of another interface.

    Strict reverse path filtering (RFC 3704) takes them for forged. By default the fault first adds a second interface
    on the same network, over which the answers go from then on: harmless by itself, as long as rp_filter is 0 or 2.
    tcpdump shows the requests; nothing is ever answered and no rule counts anything.
    """

    needs: ClassVar = ("ip", "sysctl")
    symptom: ClassVar = "Connections and pings over one interface time out, since a second one was added."
    evidence: ClassVar = (
        "nstat: TcpExtIPReversePathFilter grows. sysctl net.ipv4.conf.eth0.rp_filter and .all (the larger one counts); "
        "ip route get SENDER names another interface. dmesg tells of martians only with log_martians."
    )
    lookalike: ClassVar = (
        "A firewall: its rules count. A missing route back: IpOutNoRoutes grows, IPReversePathFilter does not."
    )
    remedy: ClassVar = (
        "rp_filter=2 (loose) on the interface, or a route back over the interface that the requests come in."
    )
    look: ClassVar = ("nstat -az TcpExtIPReversePathFilter", r"IPReversePathFilter +[1-9]")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT"})
    drop_reason: ClassVar = "IP_RPFILTER"

    interface: str = Field(default="eth0", pattern=NAME, description="where the requests arrive; or all")
    second: str | None = Field(
        default="eth9", pattern=NAME, description="an interface to add; null where routing is asymmetric already"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.second is not None and self.interface == "all":
            raise ValueError("a second interface needs the name of the first; all goes with second: null")
        if self.second == self.interface:
            raise ValueError(f"second: {self.second} is the first interface")
        return self

    def plan(self, node: Node) -> Change:
        """The filter first, then the second interface; undone the other way round."""
        name = f"net.ipv4.conf.{self.interface}.rp_filter"
        before = node.read("/proc/sys/" + name.replace(".", "/")).strip()
        ask: Argv = ("sysctl", "-n", name)
        return Change(
            apply=(
                ("sysctl", "-qw", f"{name}=1"),
                *(second_interface(node, self.interface, self.second) if self.second else ()),
            ),
            present=Question(ask, r"^1$"),
            revert=(
                *(taken_away(self.second) if self.second else ()),
                ("sysctl", "-qw", f"{name}={before}"),
            ),
            original=Question(ask, rf"^{before}$"),
        )

    def signature(self) -> Signature:
        """SYNs are dropped on arrival and counted; ARP is no IP."""
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 300}),
            traces=(KernelCounter("TcpExt", "IPReversePathFilter"),),
            spared=ProbeSpec("arp", "loss", {"count": 20}),
        )

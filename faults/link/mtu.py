"""A small MTU on one interface."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import LinkCounter

IPV6_MINIMUM = 1280  # RFC 8200, section 5: below it the kernel takes IPv6 off the interface
IP_AND_TCP = 40
VETH_SLACK = 4  # is_skb_forwardable() admits a VLAN tag more than the MTU


class Mtu(Fault):
    """The MTU of an interface is too small: small packets pass, large ones are dropped without a word.

    On a veth the receiving side enforces its MTU, so what the neighbours send at 1500 is dropped on arrival and no
    ICMP error tells them. A handshake passes; the request after it does not.
    """

    needs: ClassVar = ("ip",)
    symptom: ClassVar = "SYN and ping succeed, HTTP connects and then times out; ping -s 1400 fails."
    evidence: ClassVar = (
        "netstat -i: the MTU column, and RX-DRP growing. ss -tio: pmtu, advmss; the SYN-ACK's MSS is 256."
    )
    lookalike: ClassVar = (
        "A PMTU black hole: both ends show MTU 1500 and only what crosses the router is lost. "
        "A stopped worker: the request is acknowledged, nothing is dropped on the interface."
    )
    remedy: ClassVar = "ip link set dev eth0 mtu 1500, or ifconfig eth0 mtu 1500."
    example: ClassVar = {"mtu": 100}
    look: ClassVar = ("netstat -i", r"eth0 +100 +\d+ +\d+ +[1-9]")

    mtu: int = Field(ge=68, le=1490, description="bytes; 68 is the least that IPv4 allows (RFC 791)")
    interface: str = Field(default="eth0", pattern=r"^[\w.-]{1,15}$", description="the interface in the node")

    def memoryless(self) -> bool:
        """The size of a packet alone decides."""
        return True

    def plan(self, node: Node) -> Change:
        """Set the MTU; undoing sets the old one and brings back IPv6 addresses that the kernel took off."""
        link = next(iter(node.netlink.get_links(ifname=self.interface)))
        before = int(link.get_attr("IFLA_MTU"))
        show = ("ip", "-o", "link", "show", "dev", self.interface)
        lost = self._global_ipv6(node, link["index"]) if self.mtu < IPV6_MINIMUM else []
        return Change(
            apply=(("ip", "link", "set", "dev", self.interface, "mtu", str(self.mtu)),),
            present=Question(show, rf"\bmtu {self.mtu} "),
            revert=(
                ("ip", "link", "set", "dev", self.interface, "mtu", str(before)),
                *(("ip", "-6", "addr", "replace", address, "dev", self.interface, "nodad") for address in lost),
            ),
            original=Question(show, rf"\bmtu {before} "),
        )

    @staticmethod
    def _global_ipv6(node: Node, index: int) -> list[str]:
        return [
            f"{address.get_attr('IFA_ADDRESS')}/{address['prefixlen']}"
            for address in node.netlink.get_addr(family=10, index=index)
            if address["scope"] == 0
        ]

    def signature(self) -> Signature:
        """A SYN that carries data no longer fits and is lost; one without data still fits."""
        payload = min(self.mtu + VETH_SLACK + 56 - IP_AND_TCP, 1460)
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"payload": payload, "count": 300}),
            traces=(LinkCounter("rx_dropped", self.interface),),
            spared=ProbeSpec("syn", "loss", {"count": 1000}),
        )

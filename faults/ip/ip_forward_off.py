"""A router that does not forward."""

from __future__ import annotations

from typing import ClassVar

from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import KernelCounter
from droplab.harness.errors import UsageError

FORWARD = "net.ipv4.ip_forward"
REDIRECTS = "net.ipv4.conf.all.accept_redirects"


class IpForwardOff(Fault):
    """A router has stopped to forward: what is meant for itself is answered, all else is dropped without an ICMP error.

    Typical after a restart, when the setting was typed once and never written to /etc/sysctl.d.
    """

    needs: ClassVar = ("sysctl",)
    symptom: ClassVar = "Nothing passes between the networks; the router itself answers ping on all its addresses."
    evidence: ClassVar = (
        "On the router, sysctl net.ipv4.ip_forward is 0; nstat: IpInAddrErrors grows, IpForwDatagrams not."
    )
    lookalike: ClassVar = (
        "A DROP rule in FORWARD: iptables counts it. A server without a route back: the router counts IpForwDatagrams, "
        "and the requests reach the server."
    )
    remedy: ClassVar = "sysctl -w net.ipv4.ip_forward=1, and a line in /etc/sysctl.d for the next restart."
    victim: ClassVar = "router"
    look: ClassVar = ("nstat -az IpInAddrErrors", r"IpInAddrErrors +[1-9]")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "FORWARD"})
    drop_reason: ClassVar = "IP_INADDRERRORS"

    def memoryless(self) -> bool:
        """Every packet that is for somebody else is dropped."""
        return True

    def plan(self, node: Node) -> Change:
        """One switch; the kernel sets accept_redirects along with it (inet_forward_change), so that is put back too."""
        if _read(node, FORWARD) != "1":
            raise UsageError(f"ip_forward_off: {node.name} does not forward; a router is needed (forward: true)")
        ports = (f"net.ipv4.conf.{name}.forwarding" for name in _interfaces(node))
        closed = [name for name in ports if _read(node, name) == "0"]
        return Change(
            apply=(("sysctl", "-qw", f"{FORWARD}=0"),),
            present=Question(("sysctl", "-n", FORWARD), r"^0$"),
            revert=(
                ("sysctl", "-qw", f"{FORWARD}=1"),
                ("sysctl", "-qw", f"{REDIRECTS}={_read(node, REDIRECTS)}"),
                *(("sysctl", "-qw", f"{name}=0") for name in closed),
            ),
            original=Question(("sysctl", "-n", FORWARD), r"^1$"),
        )

    def signature(self) -> Signature:
        """SYNs through the router are lost; the router itself answers."""
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 300}, "through"),
            traces=(KernelCounter("Ip", "InAddrErrors"),),
            spared=ProbeSpec("ping", "loss", {"count": 300}),
        )


def _interfaces(node: Node) -> list[str]:
    return ["default", *(str(link.get_attr("IFLA_IFNAME")) for link in node.netlink.get_links())]


def _read(node: Node, name: str) -> str:
    return node.read("/proc/sys/" + name.replace(".", "/")).strip()

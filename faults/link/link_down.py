"""An interface that is down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import State

DOWN = r"<(?![^>]*\bUP\b)[^>]*>"


class LinkDown(Fault):
    """An interface is administratively down: nothing is sent and nothing is received on it.

    The other end loses its carrier. The kernel also takes away what hung on the interface: static routes, IPv6
    addresses and neighbour entries. ``ip link set up`` alone brings back IPv4 addresses and their networks, no more.
    """

    needs: ClassVar = ("ip",)
    symptom: ClassVar = "Everything times out, ping and ARP too; after about 3 s a neighbour says No route to host."
    evidence: ClassVar = "ip link: the flag UP is missing, state DOWN. A neighbour's ip neigh: INCOMPLETE or FAILED."
    lookalike: ClassVar = (
        "A DROP rule for everything: ARP is still answered, a rule counts the packets. "
        "A link that is down at the other end: UP is set, NO-CARRIER beside it."
    )
    remedy: ClassVar = "ip link set dev eth0 up, and the static routes that went with it: ip route add."
    look: ClassVar = ("ip -o link show dev eth0", r"<BROADCAST,MULTICAST> .* state DOWN")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT"})

    interface: str = Field(default="eth0", pattern=r"^[\w.-]{1,15}$", description="the interface in the node")

    def memoryless(self) -> bool:
        """No packet passes."""
        return True

    @property
    def _down(self) -> Question:
        return Question(("ip", "-o", "link", "show", "dev", self.interface), DOWN)

    def plan(self, node: Node) -> Change:
        """Set it down; undoing sets it up and brings back the addresses, routes and neighbours that the kernel took."""
        return Change(
            apply=(("ip", "link", "set", "dev", self.interface, "down"),),
            present=self._down,
            revert=(("ip", "link", "set", "dev", self.interface, "up"), *self._lost(node)),
        )

    def _lost(self, node: Node) -> Iterator[Argv]:
        """Commands for what does not come back by itself."""
        dev = ("dev", self.interface)
        for line in node.run(("ip", "-6", "-o", "addr", "show", *dev, "scope", "global")).stdout.splitlines():
            yield ("ip", "-6", "addr", "replace", line.split()[3], *dev, "nodad")
        for version in ("-4", "-6"):
            shown = node.run(("ip", version, "route", "show", *dev, "table", "all"), check=False).stdout
            for line in shown.splitlines():
                words = [word for word in line.split() if word not in ("linkdown", "dead")]
                if " proto kernel" not in line and words[0] != "multicast":
                    yield ("ip", version, "route", "replace", *words, *dev)
        for line in node.run(("ip", "neigh", "show", *dev, "nud", "permanent")).stdout.splitlines():
            address, mac = line.split()[0], line.split()[2]
            yield ("ip", "neigh", "replace", address, "lladdr", mac, *dev, "nud", "permanent")

    def signature(self) -> Signature:
        """Nothing comes through the interface; the node itself still works."""
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 100}),
            traces=(State(f"{self.interface} is down", self._down),),
            spared=ProbeSpec("ping", "loss", {"target": "127.0.0.1", "count": 100}, role="source"),
        )

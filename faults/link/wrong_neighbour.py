"""A permanent neighbour entry with a wrong hardware address."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import State
from droplab.harness.errors import UsageError


class WrongNeighbour(Fault):
    """A node knows a wrong hardware (MAC) address of a neighbour, for good: nobody takes the frames that it sends.

    The entry is permanent, so ARP never corrects it. The frames do reach the neighbour's wire, and its kernel throws
    them away as meant for another host. On a server it hits the answers only: the requests arrive, as tcpdump shows.
    """

    needs: ClassVar = ("ip",)
    symptom: ClassVar = "Everything between two nodes times out in both directions; all other nodes are reached."
    evidence: ClassVar = (
        "ip neigh: PERMANENT with another lladdr than ip link shows on the neighbour, whose ip -s -s link counts "
        "otherhost. arping is answered from the right address."
    )
    lookalike: ClassVar = "A DROP rule: it counts the packets, and ip neigh says REACHABLE with the right address."
    remedy: ClassVar = "ip neigh del ADDRESS dev eth0: the next packet asks by ARP."
    example: ClassVar = {"neighbour": "nginx"}
    victim: ClassVar = "client"
    look: ClassVar = ("ip neigh show nud permanent", r"lladdr 02:00:00:00:00:99 PERMANENT")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT"})
    drop_reason: ClassVar = "OTHERHOST"

    neighbour: str = Field(
        pattern=r"^[a-zA-Z0-9.-]{1,64}$",
        description="whose entry is wrong: a node on the same link, or an IPv4 address",
    )
    mac: str = Field(
        default="02:00:00:00:00:99",
        pattern=r"^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$",
        description="the wrong hardware address, of one host (unicast), in small letters",
    )

    def memoryless(self) -> bool:
        """No packet to the neighbour arrives."""
        return True

    @property
    def _wrong(self) -> str:
        return rf"lladdr {self.mac} .*PERMANENT"

    def plan(self, node: Node) -> Change:
        """Write the entry; undoing deletes it, or puts a permanent one back that was there before."""
        address = node.hosts.get(self.neighbour, self.neighbour)
        if not re.fullmatch(r"[0-9.]+", address):
            raise UsageError(f"wrong_neighbour: {node.name} knows no node {self.neighbour!r}; give its IPv4 address")
        route = node.run(("ip", "-o", "route", "get", address), check=False).stdout
        device = re.search(r"^\S+ dev (\S+) ", route)
        if device is None or device[1] == "lo":
            raise UsageError(f"wrong_neighbour: {address} is not a neighbour on a link of {node.name}: {route.strip()}")
        where = (address, "dev", device[1])
        before = node.run(("ip", "neigh", "show", *where, "nud", "permanent")).stdout.split()
        permanent = ("nud", "permanent")
        back: Argv = ("ip", "neigh", "del", *where)
        if before:
            back = ("ip", "neigh", "replace", *where, "lladdr", before[before.index("lladdr") + 1], *permanent)
        return Change(
            apply=(("ip", "neigh", "replace", *where, "lladdr", self.mac, *permanent),),
            present=Question(("ip", "neigh", "show", *where), self._wrong),
            revert=(back,),
        )

    def signature(self) -> Signature:
        """Echo requests to the neighbour vanish; an ARP request for it, a broadcast, is answered."""
        entry = Question(("ip", "neigh", "show", "nud", "permanent"), self._wrong)
        return Signature(
            trigger=ProbeSpec("ping", "loss", {"target": self.neighbour, "count": 64}, role="source"),
            traces=(State(f"a permanent entry with {self.mac}", entry),),
            spared=ProbeSpec("arp", "loss", {"target": self.neighbour, "count": 20}, role="source"),
        )

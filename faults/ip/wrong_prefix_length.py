"""A wrong prefix length beside the right address."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import KernelCounter
from droplab.harness.errors import UsageError


class WrongPrefixLength(Fault):
    """The server's address is right and its prefix (netmask) is too long: it takes its neighbours for strangers.

    Requests arrive and ARP is answered, but there is no connected route, and the answers have no way out. Where a
    default route exists, they take a detour by its gateway instead, and nobody may notice.
    """

    needs: ClassVar = ("ip",)
    symptom: ClassVar = "Neighbours on the same network get no answer, neither to SYN nor to ping; ARP works."
    evidence: ClassVar = "ip addr: /32 instead of /24; ip route: no connected route. nstat: IpOutNoRoutes grows."
    lookalike: ClassVar = (
        "A missing default route: only those behind the router are lost. A DROP rule: it counts what it drops, and "
        "IpOutNoRoutes stands still."
    )
    remedy: ClassVar = "ip addr add ADDRESS/24 dev eth0, then ip addr del ADDRESS/32 dev eth0."
    look: ClassVar = ("ip -o -4 addr show dev eth0", r"inet \S+/32 ")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT"})

    length: int = Field(
        default=32, ge=9, le=32, description="the wrong prefix length, in bits; longer than the right one"
    )
    interface: str = Field(default="eth0", pattern=r"^[\w.-]{1,15}$", description="the interface in the node")

    def memoryless(self) -> bool:
        """The route back decides, for every packet alike."""
        return True

    def plan(self, node: Node) -> Change:
        """Add the address with the wrong length, then delete it with the right one; undone the other way round."""
        show: Argv = ("ip", "-o", "-4", "addr", "show", "dev", self.interface)
        found = node.run(show).stdout.splitlines()
        if len(found) != 1:
            raise UsageError(
                f"wrong_prefix_length: {self.interface} of {node.name} has {len(found)} addresses, not one"
            )
        words = found[0].split()
        right, broadcast = words[3], tuple(words[4:6]) if words[4] == "brd" else ()
        address, before = right.split("/")
        if int(before) >= self.length:
            raise UsageError(f"wrong_prefix_length: {self.length} is not longer than that of {right} on {node.name}")
        wrong = f"{address}/{self.length}"
        return Change(
            apply=(self._address("add", wrong), self._address("del", right)),
            present=Question(show, rf"inet {re.escape(wrong)} "),
            revert=(self._address("add", right, *broadcast), self._address("del", wrong)),
            original=Question(show, rf"inet {re.escape(right)} "),
        )

    def _address(self, verb: str, *address: str) -> Argv:
        return ("ip", "addr", verb, *address, "dev", self.interface)

    def signature(self) -> Signature:
        """SYNs stay without an answer, for there is no route; ARP does not ask for one."""
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 300}),
            traces=(KernelCounter("Ip", "OutNoRoutes"),),
            spared=ProbeSpec("arp", "loss", {"count": 20}),
        )

"""Two nodes with one IPv4 address."""

from __future__ import annotations

import re
import sys
from ipaddress import IPv4Address, IPv4Interface
from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import State
from droplab.harness.errors import UsageError

ADDED = r" inet (\S+) .*\bsecondary\b"


class DuplicateAddress(Fault):
    """A node takes the address of another one on the same link: both answer ARP, and who is heard last gets the frames.

    The fault goes to the intruder. It announces itself (gratuitous ARP), as a machine does that comes up, so that the
    neighbours who knew the owner now send to the intruder.
    """

    needs: ClassVar = ("ip", "arping")
    symptom: ClassVar = "ping succeeds, connections are refused; it comes and goes with who was heard last in ARP."
    evidence: ClassVar = (
        "arping -c 3 -I eth0 ADDRESS from a third node: two hardware addresses answer the first request."
    )
    lookalike: ClassVar = (
        "A service that is down, or REJECT with tcp-reset: the owner itself sends the RST (its TcpOutRsts, the rule's "
        "counter); here nothing reaches the owner at all."
    )
    remedy: ClassVar = "ip addr del on the intruder; then arping -U on the owner, or ip neigh flush on the others."
    example: ClassVar = {"address": "nginx"}
    victim: ClassVar = "router"
    look: ClassVar = ("ip -o -4 addr show dev eth0", ADDED)
    looks_like: ClassVar = LooksLike("wrong_neighbour", {"neighbour": "nginx"})

    address: str = Field(
        pattern=r"^[a-zA-Z0-9.-]{1,64}$",
        description="whose address is taken: a node on the same link, or an IPv4 address",
    )

    def plan(self, node: Node) -> Change:
        """Add the address and announce it; undoing removes it and announces the owner again."""
        address = node.hosts.get(self.address, self.address)
        device, own = self._link(node, address)
        heard = node.run(("arping", "-D", "-f", "-c", "1", "-w", "1", "-I", device, address), check=False).stdout
        owner = re.search(r" from \S+ \[([0-9A-F:]{17})\]", heard)
        if owner is None:
            raise UsageError(f"duplicate_address: nobody on the link of {device} has {address}: nothing to take")
        both = (f"{address}/{own.network.prefixlen}", "dev", device)
        announce = (sys.executable, "-m", "droplab.faults.link._announce", device, address, owner[1].lower())
        return Change(
            apply=(("ip", "addr", "add", *both), ("arping", "-U", "-c", "1", "-I", device, address)),
            present=Question(("ip", "-o", "-4", "addr", "show", "dev", device), rf" inet {re.escape(address)}/"),
            revert=(("ip", "addr", "del", *both), announce),
        )

    def _link(self, node: Node, address: str) -> tuple[str, IPv4Interface]:
        """The interface and own address on the network of ``address``. Raises UsageError."""
        if not re.fullmatch(r"[0-9.]+", address):
            raise UsageError(f"duplicate_address: {node.name} knows no node {address!r}; give its IPv4 address")
        for line in node.run(("ip", "-o", "-4", "addr", "show")).stdout.splitlines():
            device, own = line.split()[1], IPv4Interface(line.split()[3])
            if IPv4Address(address) in own.network and str(own.ip) != address:
                return device, own
        raise UsageError(f"duplicate_address: {node.name} is not on the network of {address}, or has it itself")

    def signature(self) -> Signature:
        """Two hardware addresses answer ARP; ping is answered all the same, by one or the other."""
        return Signature(
            trigger=ProbeSpec("arp", "macs", {"target": self.address, "count": 5}),
            symptom="changes",
            traces=(State("a second address on the link", Question(("ip", "-o", "-4", "addr", "show"), ADDED)),),
            spared=ProbeSpec("ping", "loss", {"target": self.address, "count": 100}),
        )

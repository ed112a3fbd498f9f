"""A path MTU black hole."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.faults.ip._routes import all_routes
from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import KernelCounter, OwnCounter
from droplab.harness.errors import UsageError

RULE: Argv = ("-p", "icmp", "--icmp-type", "fragmentation-needed", "-j", "DROP")
NAME = r"^[\w.-]{1,15}$"


class PmtuBlackHole(Fault):
    """A router's path is narrower than the links on both sides, and the errors that would say so are dropped.

    Handshakes and short answers pass. A full-size segment does not fit, carries DF and is dropped; "fragmentation
    needed" (RFC 1191) never reaches the server, which sends the same segment again and again. Both ends show MTU 1500.
    """

    needs: ClassVar = ("ip", "iptables")
    symptom: ClassVar = (
        "Ping and handshake work; the page begins and stalls, or no byte of it comes. Only across the router."
    )
    evidence: ClassVar = (
        "On the router: iptables -nvL OUTPUT counts dropped fragmentation-needed, nstat IpFragFails grows. On the "
        "server: ss -tio shows retrans and backoff, ip route get CLIENT no cached mtu."
    )
    lookalike: ClassVar = (
        "A small MTU on the server's interface: netstat -i shows it, and RX-DRP grows. A rule that drops long packets: "
        "it is counted where it stands, IpFragFails stands still."
    )
    remedy: ClassVar = (
        "Let ICMP type 3 code 4 pass. Else clamp the MSS on the router (TCPMSS --clamp-mss-to-pmtu), or let the server "
        "probe: net.ipv4.tcp_mtu_probing=1 (takes seconds)."
    )
    victim: ClassVar = "router"
    look: ClassVar = ("iptables -nvL OUTPUT", r"^ *[1-9]\w* +\w+ +DROP .*icmptype 3 code 4")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "FORWARD", "match": "-m length --length 577:65535"})
    drop_reason: ClassVar = "PKT_TOO_BIG"

    mtu: int | None = Field(
        default=576, ge=552, le=1490, description="bytes that the path takes; null where it is narrow already"
    )
    interface: str | None = Field(
        default=None, pattern=NAME, description="the narrow way out of the router; by default every one"
    )

    def memoryless(self) -> bool:
        """The size of a packet alone decides."""
        return True

    def plan(self, node: Node) -> Change:
        """The rule first; then each route again with a locked MTU, which forwarding obeys as it does a link's."""
        routes = all_routes(node, self.interface) if self.mtu is not None else []
        if self.mtu is not None and not routes:
            raise UsageError(f"pmtu_black_hole: {node.name} has no route out of {self.interface or 'any interface'}")
        narrow = [route.narrowed(self.mtu) for route in routes if self.mtu is not None]
        return Change(
            apply=(("iptables", "-A", "OUTPUT", *RULE), *(route.changes() for route in narrow)),
            present=Question(("iptables", "-C", "OUTPUT", *RULE)),
            revert=(*(route.changes() for route in routes), ("iptables", "-D", "OUTPUT", *RULE)),
        )

    def signature(self) -> Signature:
        """A page with full-size segments stalls, while SYNs pass."""
        counter = OwnCounter(
            "dropped errors", ("iptables", "-nvxL", "OUTPUT"), r"^ *(\d+) .*DROP .*icmptype 3 code 4", scale="any"
        )
        return Signature(
            trigger=ProbeSpec("http", "outcome", {"timeout_s": 1.5}, "through"),
            symptom="changes",
            becomes=("no_response", "stalled_body"),
            traces=(counter, KernelCounter("Ip", "FragFails")),
            spared=ProbeSpec("syn", "loss", {"count": 300}, "through"),
        )

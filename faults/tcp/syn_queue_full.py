"""A listener whose SYN queue is full of half-open connections."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface
from itertools import islice
from typing import ClassVar

from pydantic import Field

from droplab.faults.tcp._background import token
from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import KernelCounter, State
from droplab.harness.errors import UsageError

PROGRAM = "droplab.faults.tcp._half_open"
KEYS = {"tcp_syncookies": "0", "tcp_max_syn_backlog": "8192"}
FORGED = 4
IPV4 = 2


class SynQueueFull(Fault):
    """A SYN flood without SYN cookies: half-open connections fill the SYN queue, and new SYNs are dropped.

    SYN cookies are off and tcp_max_syn_backlog is large, as old tuning guides advise, so the listener's backlog is the
    limit. The forged SYNs come from addresses of the network that nobody has and arrive through lo, 1600 a second.
    """

    needs: ClassVar = ("sysctl", "ss", "pgrep", "pkill", "pidwait")
    symptom: ClassVar = "Nearly all SYNs to one port stay unanswered; ping, other ports and open connections are well."
    evidence: ClassVar = (
        "ss -tan state syn-recv: as many entries as the backlog, from addresses that do not answer. nstat -az: "
        "TcpExtTCPReqQFullDrop grows. dmesg: Possible SYN flooding on port. sysctl net.ipv4.tcp_syncookies is 0."
    )
    lookalike: ClassVar = (
        "A full accept queue: TcpExtListenOverflows grows and ss -ltn shows Recv-Q above Send-Q. A DROP rule: it "
        "counts packets, ListenDrops stands still."
    )
    remedy: ClassVar = "sysctl -w net.ipv4.tcp_syncookies=1: the kernel then answers without an entry. Stop the flood."
    example: ClassVar = {"port": 80}
    look: ClassVar = ("ss -tan state syn-recv", r"(?:^0 +0 .*:80 .*\n){100}")
    looks_like: ClassVar = LooksLike("accept_queue_full")

    port: int = Field(default=80, ge=1, le=65535, description="TCP port of the listener")

    def plan(self, node: Node) -> Change:
        """Set both sysctls and start the flood; undoing ends it, forgets the half-open entries, restores both."""
        queue = ("ss", "-ltnH", f"sport = :{self.port}")
        if not node.run(queue, check=False).stdout.strip():
            raise UsageError(f"syn_queue_full: nothing listens on TCP port {self.port} of {node.name}")
        own = _own(node)
        sources = list(islice(_free(node, own), FORGED))
        if not sources:
            raise UsageError(f"syn_queue_full: every address of {own.network} is taken, so none can be forged")
        before = {key: node.read(f"/proc/sys/net/ipv4/{key}").strip() for key in KEYS}
        word = token(node, f"syn_queue_full-{self.port}")
        flood = ("--to", str(own.ip), "--port", str(self.port), "--sources", ",".join(sources), "--token", word)
        return Change(
            apply=(_set(KEYS), (sys.executable, "-m", PROGRAM, *flood)),
            present=Question(("pgrep", "-f", word)),
            revert=(
                ("pkill", "-f", word),
                ("pidwait", "-f", word),
                ("ss", "-K", "state", "syn-recv", f"sport = :{self.port}"),
                _set(before),
            ),
            timeout_s=20,
        )

    def signature(self) -> Signature:
        """SYNs are dropped for want of room in the queue and counted; ping does not meet the listener."""
        half_open = f'[ "$(ss -tnH state syn-recv "sport = :{self.port}" | wc -l)" -ge 8 ]'
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 200, "port": self.port}),
            traces=(
                KernelCounter("TcpExt", "TCPReqQFullDrop"),
                State("half-open connections", Question(("sh", "-c", half_open))),
            ),
            spared=ProbeSpec("ping", "loss", {"count": 300}),
        )


def _set(values: dict[str, str]) -> tuple[str, ...]:
    return ("sysctl", "-qw", *(f"net.ipv4.{key}={value}" for key, value in values.items()))


def _own(node: Node) -> IPv4Interface:
    link = next(iter(node.netlink.get_links(ifname="eth0")))
    address = next(iter(node.netlink.get_addr(family=IPV4, index=link["index"])))
    return IPv4Interface(f"{address.get_attr('IFA_ADDRESS')}/{address['prefixlen']}")


def _free(node: Node, own: IPv4Interface) -> Iterator[str]:
    """Addresses of the node's network that are nobody's, as far as it knows, from the highest down."""
    gateways = {route.get_attr("RTA_GATEWAY") for route in node.netlink.get_routes(family=IPV4)}
    taken = {str(own.ip), *node.hosts.values(), *gateways}
    last = int(own.network.broadcast_address) - 1
    candidates = (IPv4Address(number) for number in range(last, int(own.network.network_address), -1))
    return (str(address) for address in candidates if str(address) not in taken)

"""ARP: does the target's link layer answer, and with how many voices."""

from __future__ import annotations

import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field, field_validator

from droplab.harness.contracts.measurement import Measurement, Metric, Proportion, Value
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.probe import Probe
from droplab.harness.probes.summary import all_lost
from droplab.harness.probes.targets import Route, address_of, checked_host, route_to

ENOUGH = 20
SECOND_VOICE_S = 0.01
ETH_P_ARP, ARPHRD_ETHER, ETH_P_IP, REQUEST, REPLY = 0x0806, 1, 0x0800, 1, 2
BROADCAST = b"\xff" * 6
NO_ADDRESS = bytes(4)

_ARP = struct.Struct("!HHBBH6s4s6s4s")


class Arp(Probe):
    """ARP requests for an address on the link; the control for rules that hit all of IP.

    Sent as RFC 5227 probes (sender address 0.0.0.0), so that no neighbour table learns from them. Two machines with
    one address are two voices: ``macs`` is 2.
    """

    metrics: ClassVar[Mapping[str, Metric]] = {
        "loss": Metric.PROPORTION,
        "lost": Metric.COUNT,
        "macs": Metric.COUNT,
    }

    target: str = Field(description="a node name or an IPv4 address on the same link")
    deadline_s: float = Field(
        default=0.5, gt=0, le=10, description="how long replies are awaited after the last request"
    )

    @field_validator("target")
    @classmethod
    def _host(cls, target: str) -> str:
        return checked_host(target)

    def measure(self, node: Node) -> Measurement:
        """Ask ``count`` times (20 by default). Raises UsageError for an unknown name, NodeLost."""
        started = time.perf_counter()
        address = address_of(node, self.target)
        count = self.count or ENOUGH
        try:
            route = route_to(node, address)
            voices, refused = self._ask(node, address, route, count)
        except OSError as error:
            return all_lost(count, error, macs=0)
        lost = count - min(max(voices.values(), default=0), count)
        values: dict[str, Value] = {"loss": Proportion(lost, count), "lost": lost, "macs": len(voices)}
        off_link = route.gateway is not None and not voices
        return Measurement(
            values,
            {"replies": dict(voices), "interface": route.interface, "refused": refused},
            time.perf_counter() - started,
            f"{self.target} is behind {route.gateway}, not on the link of {route.interface}" if off_link else None,
        )

    def _ask(self, node: Node, address: str, route: Route, count: int) -> tuple[Counter[str], int]:
        """Replies by MAC address, and how many requests the node's own kernel refused."""
        target, own = socket.inet_aton(address), bytes.fromhex(route.mac.replace(":", ""))
        packet = _ARP.pack(ARPHRD_ETHER, ETH_P_IP, 6, 4, REQUEST, own, NO_ADDRESS, bytes(6), target)
        refused = 0
        with node.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as sock:
            sock.bind((route.interface, ETH_P_ARP))
            sock.setblocking(False)
            for _ in range(count):
                try:
                    sock.sendto(packet, (route.interface, ETH_P_ARP, 0, 0, BROADCAST))
                except OSError:  # ENETDOWN, ENOBUFS
                    refused += 1
            return self._listen(sock, target, own, count - refused), refused

    def _listen(self, sock: socket.socket, target: bytes, own: bytes, sent: int) -> Counter[str]:
        """Until one voice has answered everything, and a moment longer for a second one."""
        voices: Counter[str] = Counter()
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        until = time.perf_counter() + self.deadline_s
        while sent and (left_s := until - time.perf_counter()) > 0:
            if poll.poll(left_s * 1000):
                voices.update(_replies(sock, target, own))
                if max(voices.values(), default=0) >= sent:
                    until = min(until, time.perf_counter() + SECOND_VOICE_S)
        return voices


def _replies(sock: socket.socket, target: bytes, own: bytes) -> Iterator[str]:
    """MAC addresses that answered for ``target``, of everything in the receive queue."""
    while True:
        try:
            packet = sock.recv(64)
        except BlockingIOError:
            return
        *_, operation, sender_mac, sender_ip, target_mac, _ = _ARP.unpack_from(packet)
        if operation == REPLY and sender_ip == target and target_mac == own:
            yield sender_mac.hex(":")

"""ICMP echo: how many packets of a size are lost on the way there and back."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, field_validator

from droplab.harness.contracts.measurement import Measurement, Metric
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.probe import Probe
from droplab.harness.probes.echo_flow import EchoFlow, reply_tests
from droplab.harness.probes.raw_sockets import REFUSE_ALL, attach_filter, for_receiving, for_sending
from droplab.harness.probes.summary import LOSS_METRICS, again_if_spoilt, all_lost, doubt, loss_details, loss_values
from droplab.harness.probes.targets import address_of, checked_host, route_to
from droplab.harness.probes.volley import Pace, Tally, Volley

ENOUGH = 2600  # with up to 5 lost, the upper bound of the loss is below 1 % at an error of 1e-6
IP_MTU_DISCOVER, IP_PMTUDISC_PROBE = 10, 3  # linux/in.h: DF set, a cached path MTU is ignored


class Ping(Probe):
    """ICMP echo requests with DF, matched one by one with their replies.

    A request that is larger than the node's own MTU is refused by its kernel (EMSGSIZE in the details) and is lost.
    """

    metrics: ClassVar[Mapping[str, Metric]] = LOSS_METRICS

    target: str = Field(description="a node name or an IPv4 address")
    size: int = Field(default=56, ge=0, le=65_507, description="bytes of payload, as ping -s; 1472 fill an MTU of 1500")
    deadline_s: float = Field(default=0.5, gt=0, le=10, description="a reply after this counts as lost")
    rate_pps: float | None = Field(
        default=None, gt=0, le=100_000, description="per second; by default as fast as possible"
    )
    seed: int | None = Field(default=None, description="makes id and token repeatable")

    @field_validator("target")
    @classmethod
    def _host(cls, target: str) -> str:
        return checked_host(target)

    def measure(self, node: Node) -> Measurement:
        """Send the echo requests. Raises UsageError for an unknown name, NodeLost."""
        started = time.perf_counter()
        address = address_of(node, self.target)
        try:
            route_to(node, address)
        except OSError as error:
            return all_lost(self.count or ENOUGH, error, late=0, dup=0)
        tally = again_if_spoilt(lambda: self._once(node, address))
        details = {**loss_details(tally), "size": self.size}
        return Measurement(loss_values(tally), details, time.perf_counter() - started, doubt(tally))

    def _once(self, node: Node, address: str) -> Tally:
        with (
            node.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sender,
            node.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as replies,
        ):
            sender.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
            for_sending(sender)
            attach_filter(sender, REFUSE_ALL)  # it would be handed every reply, too
            for_receiving(replies, reply_tests(address))
            flow = EchoFlow(sender, address, self.size, self.seed)
            return Volley(flow, replies, Pace(self.deadline_s, self.rate_pps)).run(self.count or ENOUGH)

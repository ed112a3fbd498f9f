"""SYN probes: is a TCP port reached, how many handshakes are lost, how long do they take."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from droplab.harness.contracts.measurement import Measurement, Metric, Value
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.probe import Probe
from droplab.harness.probes.packets import Ends, Options, TcpPatcher, describe_tcp, rst_template, syn_template
from droplab.harness.probes.raw_sockets import for_receiving, for_sending
from droplab.harness.probes.summary import LOSS_METRICS, again_if_spoilt, all_lost, doubt, loss_details, loss_values
from droplab.harness.probes.syn_flow import SynFlow, error_tests, reply_tests
from droplab.harness.probes.targets import NO_ROUTE, address_of, route_to, split_port
from droplab.harness.probes.volley import Pace, Tally, Volley

ENOUGH = 2600  # with up to 5 lost, the upper bound of the loss is below 1 % at an error of 1e-6
LISTEN_S = 1.5  # past the first retransmission of a SYN-ACK (RFC 6298: 1 s)
MOST_LISTENED = 200  # unreset, these stay well below the SYN queue of a server


class Syn(Probe):
    """Raw SYNs to a TCP port, matched one by one with their answers.

    "batch" measures loss: batches of 32, each reset before the next. "listen" tells where packets are lost: at most
    200 probes that nobody resets; duplicates mean loss towards the server (the client's RST never came), late first
    replies mean loss on the way back (the SYN-ACK came only when it was sent again).
    """

    metrics: ClassVar[Mapping[str, Metric]] = {**LOSS_METRICS, "reply": Metric.CATEGORY, "mss": Metric.COUNT}
    categories: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "reply": ("syn_ack", "rst", "mixed", "none", "icmp", "unreachable")
    }

    target: str = Field(description='HOST:PORT, the host a node name or an IPv4 address, for example "nginx:80"')
    mode: Literal["batch", "listen"] = Field(default="batch", description="batch measures loss, listen its direction")
    options: Options = Field(default="hping", description="TCP options as hping3 sends them (none) or as Linux does")
    payload: int = Field(default=0, ge=0, le=1460, description="bytes of data in the SYN; sharp for small MTUs")
    deadline_s: float = Field(
        default=0.5, gt=0, lt=1, description="a reply after this counts as lost; below the 1 s of a retransmission"
    )
    rate_pps: float | None = Field(
        default=None, gt=0, le=100_000, description="probes per second; as fast as possible by default"
    )
    seed: int | None = Field(default=None, description="makes ports and sequence numbers repeatable")

    @field_validator("target")
    @classmethod
    def _host_and_port(cls, target: str) -> str:
        split_port(target)
        return target

    def measure(self, node: Node) -> Measurement:
        """Send the probes and judge every reply by itself. Raises UsageError for an unknown name, NodeLost."""
        started = time.perf_counter()
        host, port = split_port(self.target)
        address = address_of(node, host)
        try:
            route = route_to(node, address)
        except OSError as error:
            return all_lost(self._how_many(), error, late=0, dup=0, reply="unreachable")
        ends = Ends(route.source, address, port)
        if self.mode == "batch":
            tally = again_if_spoilt(lambda: self._once(node, ends, route.mtu))
        else:
            tally = self._once(node, ends, route.mtu)
        return self._measurement(tally, time.perf_counter() - started)

    def _how_many(self) -> int:
        if self.mode == "listen":
            return min(self.count or MOST_LISTENED, MOST_LISTENED)
        return self.count or ENOUGH

    def _once(self, node: Node, ends: Ends, mtu: int) -> Tally:
        listen_s = LISTEN_S if self.mode == "listen" else None
        syn = TcpPatcher(syn_template(ends, self.options, self.payload, mtu))
        with ExitStack() as stack:
            sender, replies, errors = (
                stack.enter_context(node.socket(socket.AF_INET, socket.SOCK_RAW, protocol))
                for protocol in (socket.IPPROTO_RAW, socket.IPPROTO_TCP, socket.IPPROTO_ICMP)
            )
            for_receiving(replies, reply_tests(ends))
            for_receiving(errors, error_tests(ends.target))
            flow = SynFlow(for_sending(sender), ends, syn, TcpPatcher(rst_template(ends)), self.payload, self.seed)
            tally = Volley(flow, replies, Pace(self.deadline_s, self.rate_pps, listen_s)).run(self._how_many())
            tally.kinds = flow.flags() + flow.errors(errors)
            return tally

    def _measurement(self, tally: Tally, duration_s: float) -> Measurement:
        summary, mss = describe_tcp(tally.first_reply) if tally.first_reply else ("", None)
        values: dict[str, Value] = {**loss_values(tally), "reply": _category(tally)}
        if mss is not None:
            values["mss"] = mss
        details = {
            **loss_details(tally),
            "flags": dict(tally.kinds),
            "first_reply": summary,
            "options": self.options,
            "mode": self.mode,
        }
        return Measurement(values, details, duration_s, doubt(tally) if self.mode == "batch" else None)


def _category(tally: Tally) -> str:
    icmp = sum(count for kind, count in tally.kinds.items() if kind.startswith("icmp"))
    resets = sum(count for kind, count in tally.kinds.items() if kind.startswith("R"))
    if tally.answered:
        return "syn_ack" if not resets else "rst" if resets == tally.answered else "mixed"
    if icmp:
        return "icmp"
    return "unreachable" if any(tally.refusals[number] for number in NO_ROUTE) else "none"

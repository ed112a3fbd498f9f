"""A client whose ephemeral ports are all reserved."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import State
from droplab.harness.errors import UsageError

NAME = "net.ipv4.ip_local_reserved_ports"
FILE = "/proc/sys/net/ipv4/ip_local_reserved_ports"


class ReservedPorts(Fault):
    """All ephemeral ports are reserved: connect(2) finds no port and fails, though not one connection is open.

    Somebody kept the ports of a service out of the ephemeral range and reserved the whole range. Raw SYNs and ping need
    no port. hping3 sends from 127.0.0.1 then, because it asks the kernel for its source address by a connect(2).
    """

    needs: ClassVar = ("sysctl",)
    symptom: ClassVar = "Every new connection fails at once: Cannot assign requested address. ping is well."
    evidence: ClassVar = "sysctl net.ipv4.ip_local_reserved_ports covers ip_local_port_range; ss -tan lists nothing."
    lookalike: ClassVar = (
        "Ephemeral ports that are used up: ss -tan lists a connection for each of them, and other servers answer."
    )
    remedy: ClassVar = "sysctl -w net.ipv4.ip_local_reserved_ports= (nothing), or the ports that are really meant."
    victim: ClassVar = "client"
    look: ClassVar = ("sysctl net.ipv4.ip_local_reserved_ports", r"= 32768-60999$")
    looks_like: ClassVar = LooksLike("ephemeral_ports", {"server": "nginx:80", "ports": 16})

    ports: str = Field(
        default="32768-60999",
        pattern=r"^[1-9][0-9]{0,4}-[1-9][0-9]{0,4}$",
        description="the first and the last reserved port; by default the whole ephemeral range of a lab's node",
    )

    def plan(self, node: Node) -> Change:
        """Reserve the ports in the place of those that are reserved now."""
        low, high = map(int, self.ports.split("-"))
        if low > high:
            raise UsageError(f"reserved_ports: the first port is above the last (got {self.ports})")
        before = node.read(FILE).strip()
        return Change(
            apply=(_set(self.ports),),
            present=_is(self.ports),
            revert=(_set(before),),
            original=_is(before),
        )

    def signature(self) -> Signature:
        """No connection can begin; raw SYNs need no port."""
        return Signature(
            trigger=ProbeSpec("http", "outcome", {"timeout_s": 1}, role="source"),
            traces=(State(f"ports {self.ports} reserved", _is(self.ports)),),
            spared=ProbeSpec("syn", "loss", {"count": 300}, role="source"),
            symptom="changes",
            becomes=("unreachable",),
        )


def _set(ports: str) -> Argv:
    return ("sysctl", "-qw", f"{NAME}={ports}")


def _is(ports: str) -> Question:
    return Question(("sysctl", NAME), rf"=\s*{re.escape(ports)}\s*$")

"""Ports of a switch that may not talk to each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import State
from droplab.harness.errors import UsageError

SHOW = ("bridge", "-d", "link", "show")
PORT = re.compile(r"^\d+: ([^:@\s]+)[^\n]*\n[^\n]*\bisolated (on|off)\b", re.MULTILINE)  # flags are in the next line


class IsolatedPorts(Fault):
    """Ports of the switch are isolated (a private VLAN): the switch forwards nothing from one to another of them.

    Every machine is healthy, every link is up, and no frame of the one reaches the other, ARP included. Meant for
    hotels and shared hosts, where a guest may talk to the uplink and to no other guest.
    """

    needs: ClassVar = ("bridge",)
    symptom: ClassVar = "Everything times out, ping and ARP too; after about 3 s the client says No route to host."
    evidence: ClassVar = "bridge -d link on the switch: isolated on. Both links are up, and nothing arrives."
    lookalike: ClassVar = (
        "A link that is down: ip link says DOWN or NO-CARRIER at an end. "
        "A DROP rule: ARP is still answered, and a rule counts the packets."
    )
    remedy: ClassVar = "bridge link set dev PORT isolated off, for each port that needs another one."
    victim: ClassVar = "switch"
    look: ClassVar = ("bridge -d link show", r"\bisolated on\b")
    looks_like: ClassVar = LooksLike("link_down")

    ports: list[str] = Field(
        default=[], max_length=64, description="ports of the switch, such as client-eth0; all when none is named"
    )

    def memoryless(self) -> bool:
        """No frame passes between them."""
        return True

    def plan(self, node: Node) -> Change:
        """Isolate the ports that are not isolated yet; undoing frees the same ones."""
        known = dict(PORT.findall(node.run(SHOW).stdout))
        strange = [port for port in self.ports if port not in known]
        if strange:
            raise UsageError(
                f"isolated_ports: {node.name} has no port {strange[0]}; it has {', '.join(known) or 'none'}"
            )
        chosen = [port for port in self.ports or known if known[port] == "off"]
        if len(chosen) < 2:
            raise UsageError(f"isolated_ports: it takes two ports of {node.name} that are not isolated yet")
        return Change(
            apply=tuple(_isolated(port, "on") for port in chosen),
            present=_some_isolated(chosen),
            revert=tuple(_isolated(port, "off") for port in chosen),
        )

    def signature(self) -> Signature:
        """Nothing passes from one isolated port to another."""
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 100}, role="through"),
            traces=(State("a port is isolated", _some_isolated(self.ports)),),
            spared="with all ports isolated nothing passes the switch; with some, the fault does not know the others",
        )


def _some_isolated(ports: Sequence[str]) -> Question:
    """Whether one of the ports is isolated, or any port when none is named."""
    names = "|".join(map(re.escape, ports)) or r"\S+?"
    return Question(SHOW, rf"(?m)^\d+: ({names})[@:][^\n]*\n[^\n]*\bisolated on\b")


def _isolated(port: str, word: str) -> Argv:
    return ("bridge", "link", "set", "dev", port, "isolated", word)

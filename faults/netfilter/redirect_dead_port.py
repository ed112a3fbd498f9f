"""A REDIRECT to a port where nobody listens."""

from __future__ import annotations

import re
from typing import ClassVar, Self

from pydantic import Field, model_validator

from droplab.faults.netfilter._rule import Rule
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import KernelCounter
from droplab.harness.errors import UsageError


class RedirectDeadPort(Fault):
    """A rule of the nat table sends connections to another port, on which nobody listens.

    The service is up and ss shows it listening, yet everybody from outside gets "connection refused". From the
    server itself it answers: what a node sends to itself does not pass PREROUTING.
    """

    needs: ClassVar = ("iptables", "iptables-save", "conntrack")
    symptom: ClassVar = "curl: connection refused at once, from outside only; ss -ltn shows that nginx listens."
    evidence: ClassVar = "iptables -t nat -nvL: REDIRECT with a growing counter; conntrack -L shows the other port."
    lookalike: ClassVar = (
        "A REJECT with tcp-reset: it is in the filter table, and TcpOutRsts stays 0. A dead service: ss lacks the port."
    )
    remedy: ClassVar = (
        "iptables -t nat -D PREROUTING with the rule's own words; then conntrack -F forgets old mappings."
    )
    example: ClassVar = {"port": 80, "to": 81}
    look: ClassVar = ("iptables -t nat -nvL PREROUTING", r"^ *[1-9]\w* +\w+ +REDIRECT .*dpt:80 redir ports 81")
    looks_like: ClassVar = LooksLike("reject", {"reject_with": "tcp-reset"})
    drop_reason: ClassVar = "NO_SOCKET"

    port: int = Field(default=80, ge=1, le=65535, description="the TCP port of the service")
    to: int = Field(default=81, ge=1, le=65535, description="the port where nobody listens")

    @model_validator(mode="after")
    def _another_port(self) -> Self:
        if self.port == self.to:
            raise ValueError("to must be another port")
        return self

    def _rule(self) -> Rule:
        words = ("-p", "tcp", "--dport", str(self.port), "-j", "REDIRECT", "--to-ports", str(self.to))
        return Rule("PREROUTING", words, table="nat")

    def plan(self, node: Node) -> Change:
        """One rule, appended; undoing also forgets the connections that it has mapped."""
        if any(self._listens(node, table) for table in ("/proc/net/tcp", "/proc/net/tcp6")):
            raise UsageError(f"redirect_dead_port: port {self.to} of {node.name} is not dead: something listens there")
        mapped = ("--orig-port-dst", str(self.port), "--reply-port-src", str(self.to))
        rule = self._rule()
        return Change(
            apply=(rule.argv("-A"),),
            present=rule.change().present,
            revert=(rule.argv("-D"), ("conntrack", "-D", "-p", "tcp", *mapped)),
        )

    def _listens(self, node: Node, table: str) -> bool:
        try:
            sockets = node.read(table)
        except FileNotFoundError:  # a kernel without IPv6
            return False
        listening = rf"^ *\d+: [0-9A-F]+:{self.to:04X} [0-9A-F:]+ 0A "
        return re.search(listening, sockets, re.MULTILINE) is not None

    def signature(self) -> Signature:
        """SYNs are answered by RSTs, which the node's own TCP sends; ping is spared."""
        return Signature(
            trigger=ProbeSpec("syn", "reply", {"count": 100, "port": self.port}),
            symptom="changes",
            becomes=("rst",),
            traces=(self._rule().counter(rf"--dport {self.port} "), KernelCounter("Tcp", "OutRsts")),
            spared=ProbeSpec("ping", "loss", {"count": 300}),
        )

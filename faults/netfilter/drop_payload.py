"""A rule that looks into the payload."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field

from droplab.faults.netfilter._rule import Rule
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node


class DropPayload(Fault):
    """A string match drops the packets that carry a text: the handshake passes, the request dies.

    With a text such as "GET /big" one page dies and all others live. The client sends its request again and again
    and nothing acknowledges it; the server waits for a request that never comes.
    """

    needs: ClassVar = ("iptables", "iptables-save")
    symptom: ClassVar = "SYN and ping succeed, curl connects at once and then waits for an answer until its limit."
    evidence: ClassVar = "iptables -nvL: DROP with STRING match and a growing counter; tcpdump sees the GET arrive."
    lookalike: ClassVar = (
        "A small MTU: ping -s 1400 fails too, netstat -i counts RX-DRP. A stopped worker: the request is acknowledged."
    )
    remedy: ClassVar = "iptables -D CHAIN with the rule's own words, or by number (iptables -L --line-numbers)."
    example: ClassVar = {"text": "GET /"}
    look: ClassVar = ("iptables -nvL INPUT", r'^ *[1-9]\w* +\w+ +DROP .*STRING match +"GET /"')
    looks_like: ClassVar = LooksLike("mtu", {"mtu": 100})
    drop_reason: ClassVar = "NETFILTER_DROP"

    text: str = Field(
        default="GET /",
        pattern=r"^[!-~]([ -~]{0,126}[!-~])?$",
        description="what the packet must hold: 1 to 128 printable ASCII characters (xt_string takes no more)",
    )
    port: int = Field(default=80, ge=1, le=65535, description="only to this TCP port")
    chain: Literal["INPUT", "FORWARD"] = Field(default="INPUT", description="chain of the filter table")

    def _rule(self) -> Rule:
        match = ("-p", "tcp", "--dport", str(self.port), "-m", "string", "--algo", "bm", "--string", self.text)
        return Rule(self.chain, (*match, "-j", "DROP"))

    def plan(self, node: Node) -> Change:  # noqa: ARG002 (the rule is the same whatever the node holds)
        """One rule, appended."""
        return self._rule().change()

    def signature(self) -> Signature:
        """A page that was answered is not any more, while every SYN still is.

        The page that is asked for is / or the lab's own; a lab whose text is in another request names its trigger.
        """
        role: Literal["through", "target"] = "through" if self.chain == "FORWARD" else "target"
        page = {"port": self.port} if self.port != 80 else {}
        return Signature(
            trigger=ProbeSpec("http", "outcome", page, role),
            symptom="changes",
            becomes=("no_response",),
            traces=(self._rule().counter(rf"--dport {self.port} -m string", re.escape(" --algo bm")),),
            spared=ProbeSpec("syn", "loss", {"count": 300, "port": self.port}, role),
        )

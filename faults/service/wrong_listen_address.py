"""A server that listens, but not where its clients knock."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from droplab.faults.service._nginx import RESTART, directive, holds, replaced
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import KernelCounter

LISTEN = r"\blisten\s+(\d{1,5})(?=[ ;])"


def _address(text: str) -> str:
    return str(IPv4Address(text))


class WrongListenAddress(Fault):
    """nginx listens on an address or a port that is not the one its clients use.

    The kernel refuses them at once with a reset, while a test on the server itself succeeds. The process runs, its
    log has no error, and no rule counts anything.
    """

    needs: ClassVar = ("sed", "grep", "nginx")
    symptom: ClassVar = "Connection refused at once, from every client; curl http://localhost/ on the server works."
    evidence: ClassVar = "ss -ltn on the server: the address and port that are listened on. nstat: TcpOutRsts grows."
    lookalike: ClassVar = (
        "A REJECT rule with tcp-reset: iptables counts it, TcpOutRsts stands still. A dead server: nothing listens, "
        "and no process is there."
    )
    remedy: ClassVar = "Correct the listen directive and restart nginx: a reload cannot bind a wider address."
    example: ClassVar = {"address": "127.0.0.1"}
    look: ClassVar = ("ss -ltn", r"^LISTEN .* 127\.0\.0\.1:80 ")
    looks_like: ClassVar = LooksLike("reject", {"reject_with": "tcp-reset"})
    drop_reason: ClassVar = "NO_SOCKET"

    address: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None, description="the IPv4 address that it listens on; 127.0.0.1 for itself only"
    )
    port: int | None = Field(default=None, ge=1, le=65535, description="the TCP port that it listens on instead")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.address is None and self.port is None:
            raise ValueError("give an address, a port or both")
        return self

    def plan(self, node: Node) -> Change:
        """Edit the only listen directive, then restart."""
        before = directive(node, LISTEN, "wrong_listen_address")
        port = self.port or int(before.split()[1])
        after = f"listen {f'{self.address}:' if self.address else ''}{port}"
        return Change(
            apply=(replaced(f"{before} ", f"{after} "), RESTART),
            present=holds(f"{after} "),
            revert=(replaced(f"{after} ", f"{before} "), RESTART),
            original=holds(f"{before} "),
            place="node",
        )

    def signature(self) -> Signature:
        """SYNs are answered by resets that the kernel counts; ping is spared."""
        return Signature(
            trigger=ProbeSpec("syn", "reply", {"count": 100}),
            symptom="changes",
            becomes=("rst",),
            traces=(KernelCounter("Tcp", "OutRsts"),),
            spared=ProbeSpec("ping", "loss", {"count": 300}),
        )

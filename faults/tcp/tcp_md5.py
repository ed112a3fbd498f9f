"""A listener that demands TCP-MD5 signatures."""

from __future__ import annotations

import re
import secrets
import sys
from ipaddress import IPv4Network
from typing import ClassVar

from pydantic import Field, field_validator

from droplab.faults.tcp._listener import listing
from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import KernelCounter
from droplab.harness.errors import UsageError

PROGRAM = "droplab.faults.tcp._md5"


class TcpMd5(Fault):
    """A listening socket has a TCP-MD5 key (RFC 2385, as BGP uses it): the kernel drops every segment without one.

    Its SYNs arrive and nothing answers, not even a RST. No rule, queue or interface counts them, and `ss -ltn` looks
    as always. The key belongs to the socket, not to the program's configuration.
    """

    needs: ClassVar = ("ss",)
    symptom: ClassVar = "Connections to one port time out while they connect; ping and other ports are well."
    evidence: ClassVar = (
        "nstat -az TcpExtTCPMD5NotFound grows with every SYN; ss -ltni shows md5keys on the listener; "
        "skb:kfree_skb says TCP_MD5NOTFOUND."
    )
    lookalike: ClassVar = (
        "A DROP rule: iptables -nvL or nft list ruleset counts its packets. A full accept or SYN queue: "
        "TcpExtListenDrops grows, which stands still here."
    )
    remedy: ClassVar = (
        "Give both ends the same key, or restart the server: a new socket has no key (a reload keeps it)."
    )
    example: ClassVar = {"port": 80}
    look: ClassVar = ("ss -ltni", r"md5keys:\S*0\.0\.0\.0/0=")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT", "port": 80})
    drop_reason: ClassVar = "TCP_MD5NOTFOUND"

    port: int = Field(default=80, ge=1, le=65535, description="TCP port of the listener")
    peers: str = Field(default="0.0.0.0/0", description="IPv4 prefix of those whose segments must be signed")

    @field_validator("peers")
    @classmethod
    def _prefix(cls, peers: str) -> str:
        return str(IPv4Network(peers))

    def plan(self, node: Node) -> Change:
        """Set a key that nobody knows on the listening socket itself. Raises UsageError when nothing listens."""
        if not node.run(listing(self.port), check=False).stdout.strip():
            raise UsageError(f"tcp_md5: nothing listens on TCP port {self.port} of {node.name}")
        run = (sys.executable, "-m", PROGRAM, "--port", str(self.port), "--peers", self.peers)
        shown = rf"md5keys:(\S*,)?{re.escape(self.peers)}="
        return Change(
            apply=((*run, "--key", secrets.token_hex(16)),),
            present=Question(("ss", "-ltniH", f"sport = :{self.port}"), shown),
            revert=(run,),
        )

    def signature(self) -> Signature:
        """Every SYN without a signature is dropped and counted; ping is not TCP."""
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 100, "port": self.port}),
            traces=(KernelCounter("TcpExt", "TCPMD5NotFound"),),
            spared=ProbeSpec("ping", "loss", {"count": 300}),
        )

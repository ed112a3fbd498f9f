"""A second listener on a server's port that never accepts."""

from __future__ import annotations

import socket
import sys
from typing import ClassVar

from pydantic import Field

from droplab.faults.tcp._background import token
from droplab.faults.tcp._listener import borrow, listing
from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter
from droplab.harness.errors import UsageError

PROGRAM = "droplab.faults.tcp._second_listener"


class ReuseportHalfDead(Fault):
    """A second process listens on the server's port with SO_REUSEPORT and never accepts, as after a half-done restart.

    The kernel shares new connections out among all listeners of a port by a hash of addresses and ports. Those that
    the dead listener gets are opened and acknowledged, and nobody ever answers them.
    """

    needs: ClassVar = ("ss", "pgrep", "pkill", "pidwait")
    symptom: ClassVar = "Of all requests a fixed share hangs, about half with one dead listener; all connections open."
    evidence: ClassVar = (
        "ss -ltnp: two LISTEN lines for one port; Recv-Q of one of them only grows. The share does not depend on load."
    )
    lookalike: ClassVar = (
        "A stopped worker: every request hangs and there is one LISTEN line. Random loss: the handshake is hit as "
        "well, and a lost request is sent again and then answered."
    )
    remedy: ClassVar = "End the process that does not accept; its connections are reset and the server gets them all."
    look: ClassVar = ("ss -ltn", r"(?s)LISTEN +\d+ +\d+ +\S+:80 .*LISTEN +\d+ +\d+ +\S+:80 ")
    looks_like: ClassVar = LooksLike("stopped_worker")

    port: int = Field(default=80, ge=1, le=65535, description="TCP port of the server")
    listeners: int = Field(
        default=1, ge=1, le=16, description="silent listeners beside the server's; n of them take n/(n+1)"
    )

    def plan(self, node: Node) -> Change:
        """Join the server's port, which must allow it from then on. Raises UsageError when nothing listens."""
        listed = node.run(listing(self.port), check=False).stdout
        if not listed.strip():
            raise UsageError(f"reuseport_half_dead: nothing listens on TCP port {self.port} of {node.name}")
        word = token(node, f"reuseport_half_dead-{self.port}")
        run: Argv = (sys.executable, "-m", PROGRAM, "--port", str(self.port))
        shared = all(sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT) for sock in borrow(listed))
        return Change(
            apply=((*run, "--listeners", str(self.listeners), "--token", word),),
            present=Question(("pgrep", "-f", word)),
            revert=(("pkill", "-f", word), ("pidwait", "-f", word), *(() if shared else ((*run, "--leave"),))),
        )

    def signature(self) -> Signature:
        """About half of many requests stay unanswered, in the queue of one listener while another's is empty."""
        queue = ("ss", "-ltnH", f"sport = :{self.port}")
        beside_an_empty_one = r"\A(?=(?:.*\n)*LISTEN +0 )(?:.*\n)*?LISTEN +([1-9]\d*) "
        return Signature(
            trigger=ProbeSpec("hold", "unanswered", {"count": 100, "port": self.port}),
            traces=(OwnCounter("connections that wait for accept", queue, beside_an_empty_one, scale="any"),),
            spared=ProbeSpec("syn", "loss", {"count": 300, "port": self.port}),
        )

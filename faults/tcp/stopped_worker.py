"""A server whose worker processes are stopped."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Change, Question, run_at
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter, State
from droplab.harness.errors import UsageError

NGINX_WORKERS = "nginx: worker process"


class StoppedWorker(Fault):
    """The processes that serve are stopped (SIGSTOP, state T): they exist, listen, and do nothing.

    The kernel goes on for them: it completes handshakes, takes the request in and acknowledges it. Then there is
    silence. Once the accept queue is full of such connections, SYNs are dropped too.
    """

    needs: ClassVar = ("pkill", "pgrep", "ss")
    symptom: ClassVar = "Connections open at once and every request hangs until the client gives up; ping is well."
    evidence: ClassVar = (
        "ps: STAT T. ss -tln: Recv-Q of the listener grows with each request; ss -tn: CLOSE-WAIT with the unread "
        "request in Recv-Q. Nothing is retransmitted."
    )
    lookalike: ClassVar = (
        "A small MTU or a rule that drops data: the request is not acknowledged, the client's Send-Q stays full and "
        "it retransmits. A full accept queue: the handshake itself fails."
    )
    remedy: ClassVar = "kill -CONT the process, or kill -KILL the worker: its master starts another."
    look: ClassVar = ("ps -eo stat,args", r"^T\S* +nginx: worker process")
    looks_like: ClassVar = LooksLike("mtu", {"mtu": 100})

    process: str = Field(
        default=NGINX_WORKERS,
        pattern=r"^\w[\w :./-]{2,98}\w$",
        description="words of the command line of the processes to stop, as pkill -f takes them",
    )
    port: int = Field(default=80, ge=1, le=65535, description="TCP port that they serve")

    def plan(self, node: Node) -> Change:
        """Stop all that match, inside the node. Raises UsageError when none does."""
        if run_at(node, "node", ("pgrep", "-f", self.process), check=False).returncode:
            raise UsageError(f"stopped_worker: no process of {node.name} has {self.process!r} in its command line")
        return Change(
            apply=(("pkill", "-STOP", "-f", self.process),),
            present=Question(("pgrep", "-r", "T", "-f", self.process), place="node"),
            revert=(("pkill", "-CONT", "-f", self.process),),
            place="node",
        )

    def signature(self) -> Signature:
        """A request stays without an answer and its connection in the accept queue; the handshake is spared."""
        waiting = ("ss", "-ltnH", f"sport = :{self.port}")
        return Signature(
            trigger=ProbeSpec("http", "outcome", {"timeout_s": 1, **self._port()}),
            traces=(
                OwnCounter("connections that wait for accept", waiting, r"^LISTEN +(\d+) ", scale="any"),
                State("a stopped process", Question(("pgrep", "-r", "T", "-f", self.process), place="node")),
            ),
            spared=ProbeSpec("syn", "loss", {"count": 300, **self._port()}),
            symptom="changes",
            becomes=("no_response",),
        )

    def _port(self) -> dict[str, int]:
        """A port for the probes, where it is not the one that they take by themselves."""
        return {} if self.port == 80 else {"port": self.port}

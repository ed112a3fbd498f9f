"""A listener whose accept queue is full."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Change, Question, run_at
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import KernelCounter, State
from droplab.harness.errors import UsageError

AT_ONCE = 300  # the most connections that curl opens in parallel
PARALLEL = f"--no-progress-meter -sZ --parallel-immediate --parallel-max {AT_ONCE} -m 0.3 -o /dev/null"
ANY = ("0.0.0.0", "*", "[::]")  # noqa: S104 (what ss prints; nothing is bound here)


class AcceptQueueFull(Fault):
    """The server accepts nothing any more and its accept queue is full: the kernel drops SYNs without a word.

    The queue holds one connection more than the backlog that the server gave to listen(2). The workers are stopped and
    the queue is filled from the node itself; the connections stay in it although their client has gone.
    """

    needs: ClassVar = ("pkill", "pgrep", "ss", "awk", "curl")
    symptom: ClassVar = "SYNs to one port stay unanswered and connecting times out; ping and other ports are well."
    evidence: ClassVar = (
        "ss -ltn: Recv-Q of the listener is larger than its Send-Q (the backlog). nstat -az: TcpExtListenOverflows "
        "and TcpExtListenDrops grow alike. skb:kfree_skb shows nothing."
    )
    lookalike: ClassVar = (
        "A DROP rule: it counts packets, and ListenOverflows stands still. A full SYN queue, or no route back: "
        "ListenDrops grows, ListenOverflows does not."
    )
    remedy: ClassVar = (
        "Let the server accept again: kill -CONT, or kill the stuck worker. A larger backlog (listen ... backlog=, "
        "net.core.somaxconn, then a restart) only delays it."
    )
    look: ClassVar = ("ss -ltn", r"^LISTEN +512 +511 ")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT", "port": 80})

    process: str = Field(
        default="nginx: worker process",
        pattern=r"^\w[\w :./-]{2,98}\w$",
        description="words of the command line of the processes that accept, as pkill -f takes them",
    )
    port: int = Field(default=80, ge=1, le=65535, description="TCP port of the listener")

    def plan(self, node: Node) -> Change:
        """Stop those who accept, then connect until the queue is full. Raises UsageError when there is neither."""
        listens = re.match(r"LISTEN +\d+ +\d+ +(\S+):\d+ ", node.run(self._listing(), check=False).stdout)
        if listens is None:
            raise UsageError(f"accept_queue_full: nothing listens on TCP port {self.port} of {node.name}")
        if run_at(node, "node", ("pgrep", "-f", self.process), check=False).returncode:
            raise UsageError(f"accept_queue_full: no process of {node.name} has {self.process!r} in its command line")
        address = "127.0.0.1" if listens[1] in ANY else listens[1]
        connect = f"curl {PARALLEL} 'http://{address}:{self.port}/?[1-{AT_ONCE}]'"
        return Change(
            apply=(
                ("pkill", "-STOP", "-f", self.process),
                ("sh", "-c", f"until {self._full()}; do {connect} || :; done"),
            ),
            present=Question(("pgrep", "-r", "T", "-f", self.process), place="node"),
            revert=(("pkill", "-CONT", "-f", self.process),),
            timeout_s=30,
            place="node",
        )

    def _listing(self) -> tuple[str, ...]:
        return ("ss", "-ltnH", f"sport = :{self.port}")

    def _full(self) -> str:
        return f"ss -ltnH 'sport = :{self.port}' | awk '$2 <= $3 {{ room = 1 }} END {{ exit room }}'"

    def signature(self) -> Signature:
        """Every SYN is dropped and counted as an overflow; ping does not meet the listener."""
        return Signature(
            trigger=ProbeSpec("syn", "loss", {"count": 100, "port": self.port}),
            traces=(
                KernelCounter("TcpExt", "ListenOverflows"),
                State("Recv-Q above the backlog", Question(("sh", "-c", self._full()))),
            ),
            spared=ProbeSpec("ping", "loss", {"count": 300}),
        )

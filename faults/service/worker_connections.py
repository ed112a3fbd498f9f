"""An nginx worker that has no connection left."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.faults.service._nginx import ERROR_LOG, RELOAD, directive, holds, replaced
from droplab.harness.contracts.change import Argv, Change
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter

WORDS = "worker_connections are not enough"
OWN = 2  # the listening socket and the channel to the master count as connections too
PAUSE_S = 0.005  # else nginx makes room by closing the one before, whose request it has not begun to read
AGAIN_S = 45  # nginx gives up on a request header after client_header_timeout, 60 s


class WorkerConnections(Fault):
    """nginx may hold a few connections only, and slow clients hold all of them: every other client is thrown out.

    The kernel completes the handshake, nginx accepts and closes at once. Idle connections would be closed to make
    room; these are in the middle of a request, so nothing is.
    """

    needs: ClassVar = ("sed", "grep", "ps", "pgrep", "pkill", "ss", "nginx", "bash")
    symptom: ClassVar = (
        "Connections open and are closed at once: empty reply, or connection reset. SYN and ping are well."
    )
    evidence: ClassVar = (
        "error.log: [alert] N worker_connections are not enough. ss -tn: as many established connections as nginx may "
        "hold. nstat: TcpExtTCPAbortOnClose grows."
    )
    lookalike: ClassVar = (
        "A full accept queue: the handshake fails and ListenOverflows grows. A crashing worker: the log tells of "
        "signals, and the worker's PID changes."
    )
    remedy: ClassVar = "Raise worker_connections and reload; end the slow clients, or shorten client_header_timeout."
    look: ClassVar = (f"tail {ERROR_LOG}", r"\[alert\] .*: 8 worker_connections are not enough")
    looks_like: ClassVar = LooksLike("stopped_worker")

    limit: int = Field(default=8, ge=4, le=256, description="connections that a worker may hold; two are its own")

    def plan(self, node: Node) -> Change:
        """Lower the limit and reload; then open as many unfinished requests as it allows, from the node itself."""
        before = directive(node, r"\bworker_connections\s+\d+;", "worker_connections")
        after = f"worker_connections {self.limit};"
        return Change(
            apply=(replaced(before, after), RELOAD, self._slow_clients(), self._full()),
            present=holds(after),
            revert=(("pkill", "-f", "Host: slow-client"), replaced(after, before), RELOAD),
            original=holds(before),
            place="node",
        )

    def _slow_clients(self) -> Argv:
        one = (
            r"exec {fd}<>/dev/tcp/127.0.0.1/80 && held+=($fd) && printf 'GET / HTTP/1.1\r\nHost: slow-client\r\n' >&$fd"
        )
        hold = f"read -rt {AGAIN_S} -u 9; for fd in ${{held[@]}}; do exec {{fd}}>&-; done; held=()"
        loop = f"while :; do for _ in {{1..{self.limit}}}; do {one}; read -rt {PAUSE_S} -u 9; done; {hold}; done"
        return ("bash", "-c", f"exec >/dev/null 2>&1 </dev/null; trap '' PIPE; (exec 9<> <(:); {loop}) &")

    def _full(self) -> Argv:
        count = "$(ss -Htn state established sport = :80 | wc -l)"
        return ("sh", "-c", f'until [ "{count}" -ge {self.limit - OWN} ]; do sleep 0.02; done')

    def signature(self) -> Signature:
        """A page is refused after the handshake, and the log says why; SYNs are spared."""
        told = OwnCounter("lines in error.log", ("grep", "-c", WORDS, ERROR_LOG), r"^(\d+)$", "any", "node")
        return Signature(
            trigger=ProbeSpec("http", "outcome", {"timeout_s": 1.5}),
            symptom="changes",
            becomes=("reset", "closed_early"),
            traces=(told,),
            spared=ProbeSpec("syn", "loss", {"count": 300}),
        )

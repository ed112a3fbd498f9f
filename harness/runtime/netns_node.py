"""A node of the netns runtime: a network namespace, and an init of its own that commands can join."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from droplab.harness.contracts.node import Result
from droplab.harness.runtime.changed_files import changed_files
from droplab.harness.runtime.confined import Execution, Inside
from droplab.harness.runtime.contract import LiveNode
from droplab.harness.runtime.node import NetnsNode
from droplab.harness.runtime.privileges import Privileges
from droplab.harness.runtime.process_identity import ProcessIdentity
from droplab.harness.runtime.processes import processes_of
from droplab.harness.runtime.terminal import relay
from droplab.harness.runtime.tree import ENVIRONMENT
from droplab.harness.runtime.watching import STARTS_WITHIN_S, watch


class NetnsLabNode(NetnsNode):
    """LiveNode in namespaces. ``init`` is the PID 1 of the lab, below whose root the node's files lie."""

    def __init__(
        self,
        name: str,
        process: ProcessIdentity,
        init: ProcessIdentity,
        cgroups: Sequence[Path],
        hosts: Mapping[str, str],
    ) -> None:
        super().__init__(name, f"/proc/{process.pid}/ns/net", hosts)
        self.pid = process.pid
        self._process = process
        self._home = Path(f"/proc/{init.pid}/root/nodes/{name}")
        self._cgroups = tuple(cgroups)

    def exec(self, argv: Sequence[str], *, timeout_s: float = 30) -> Result:
        """Run a command in the node; see LiveNode."""
        with self._inside() as inside, Execution(inside, argv) as execution:
            return execution.finish(timeout_s)

    def exec_until(
        self, argv: Sequence[str], during: LiveNode, other: Sequence[str], *, timeout_s: float = 30
    ) -> tuple[Result, Result]:
        """Run ``argv`` on a terminal of its own while ``other`` runs in ``during``, then interrupt it; see LiveNode."""
        with self._inside() as inside, Execution(inside, argv, terminal=True) as execution:
            execution.read(time.monotonic() + STARTS_WITHIN_S, first=True)
            return watch(execution, during, other, timeout_s)

    def shell(self, argv: Sequence[str]) -> int:
        """Run ``argv`` on the person's terminal, through a pty of the node's own; see LiveNode."""
        with self._inside() as inside:
            if not sys.stdin.isatty():
                return inside.start(argv, (None, None, None)).wait()
            person, command = inside.open_terminal()
            try:
                process = inside.start(argv, (command, command, command), terminal=True)
            finally:
                os.close(command)
            ended = os.pidfd_open(process.pid)
            try:
                relay(sys.stdin.fileno(), sys.stdout.fileno(), person, ended)
            finally:
                os.close(person)  # hangs up, so that a command whose person has gone ends too
                os.close(ended)
            return process.wait()

    @contextmanager
    def _inside(self) -> Iterator[Inside]:
        """The way in, as long as the block runs. Raises NodeLost when the node's init is gone."""
        pidfd = self._process.open()
        try:
            yield Inside(self.name, pidfd, self._cgroups, Privileges.of_nodes(), ENVIRONMENT)
        finally:
            os.close(pidfd)

    def alive(self) -> bool:
        """Whether its init is the same since the start, in the same network namespace."""
        return self._process.alive() and self.is_at(f"/proc/{self.pid}/ns/net")

    def files(self) -> dict[str, str]:
        """What its tmpfs and the layer over /etc hold; see LiveNode."""
        return changed_files(self._home / "root") | changed_files(self._home / "changes")

    def processes(self) -> list[str]:
        """What runs in it; see LiveNode."""
        return processes_of(self.pid)

    def record(self) -> dict[str, Any]:
        """What tells this start of the node from any other, as JSON."""
        return {"pid": self.pid, "began": self._process.began, "cookie": self.cookie}

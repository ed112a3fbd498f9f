"""A node that is a container: the host's tools from outside, docker's exec for what a student does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from droplab.harness.contracts.node import Result
from droplab.harness.errors import MachineLacks
from droplab.harness.runtime.changed_files import changed_files, upper_of
from droplab.harness.runtime.contract import LiveNode
from droplab.harness.runtime.docker_exec import executing
from droplab.harness.runtime.node import NetnsNode, find_tool
from droplab.harness.runtime.process_identity import ProcessIdentity
from droplab.harness.runtime.processes import processes_of
from droplab.harness.runtime.watching import STARTS_WITHIN_S, watch

if TYPE_CHECKING:
    from docker import APIClient


class DockerNode(NetnsNode):
    """LiveNode on a container."""

    def __init__(
        self, name: str, container: str, process: ProcessIdentity, client: APIClient, hosts: Mapping[str, str]
    ) -> None:
        super().__init__(name, f"/proc/{process.pid}/ns/net", hosts)
        self.container = container
        self.pid = process.pid
        self._process = process
        self._client = client

    def exec(self, argv: Sequence[str], *, timeout_s: float = 30) -> Result:
        """Run a command by docker's exec; see LiveNode."""
        with executing(self._client, self.container, argv) as execution:
            return execution.finish(timeout_s)

    def exec_until(
        self, argv: Sequence[str], during: LiveNode, other: Sequence[str], *, timeout_s: float = 30
    ) -> tuple[Result, Result]:
        """Run ``argv`` on a terminal of its own while ``other`` runs in ``during``, then interrupt it; see LiveNode."""
        with executing(self._client, self.container, argv, tty=True) as execution:
            execution.read_some(time.monotonic() + STARTS_WITHIN_S)
            return watch(execution, during, other, timeout_s)

    def shell(self, argv: Sequence[str]) -> int:
        """Run ``argv`` on the person's terminal by the docker command, which carries bytes and window sizes."""
        docker = find_tool("docker")
        if docker is None:
            raise MachineLacks("docker: the command is not installed; apt-get install docker.io")
        terminal = ["--tty", "--env", f"TERM={os.environ.get('TERM', 'xterm')}"] if sys.stdin.isatty() else []
        words = [docker, "exec", "--interactive", *terminal, self.container, *argv]
        return subprocess.run(words, check=False).returncode

    def alive(self) -> bool:
        """Whether it runs since the same start, in the same namespace. Asks the kernel: docker may be down."""
        return self._process.alive() and self.is_at(f"/proc/{self.pid}/ns/net")

    def files(self) -> dict[str, str]:
        """What differs from the image; see LiveNode."""
        upper = upper_of(self.pid)
        if upper is None:
            raise MachineLacks("docker: its storage driver is not overlay2, so what a student changed cannot be told")
        return changed_files(upper)

    def processes(self) -> list[str]:
        """What runs in it; see LiveNode."""
        return processes_of(self.pid)

    def record(self) -> dict[str, Any]:
        """What tells this start of this container from any other, as JSON."""
        return {"container": self.container, "pid": self.pid, "began": self._process.began, "cookie": self.cookie}

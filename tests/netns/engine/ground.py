"""A network to take snapshots of: the probes' bench, as nodes whose processes and files the test gives."""

from __future__ import annotations

import shlex
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from droplab.harness.contracts.node import Result
from droplab.harness.engine.snapshot import Difference, Snapshot, diff, take
from droplab.harness.runtime.contract import LiveNode
from droplab.harness.runtime.node import NetnsNode
from tests.netns.probes.bench import Namespace, bench

SETTLES_WITHIN_S = 3.0


class GivenNode(NetnsNode):
    """A LiveNode on a namespace of the test. ``given_files`` and ``given_processes`` are what a runtime would find."""

    def __init__(self, namespace: Namespace) -> None:
        super().__init__(namespace.name, f"/proc/{namespace.pid}/ns/net", namespace.hosts)
        self.pid = namespace.pid
        self.given_files = {"/etc/hosts": f"0644 0:0 {'a' * 64}"}
        self.given_processes = ["0 running nginx: master process nginx", "33 running nginx: worker process"]
        self.given_alive = True

    def sh(self, command: str) -> str:
        """Run commands with the host's tools in the namespace; all must succeed."""
        return self.run(["sh", "-ec", command]).stdout

    def alive(self) -> bool:
        return self.given_alive

    def files(self) -> dict[str, str]:
        return self.given_files

    def processes(self) -> list[str]:
        return self.given_processes

    def exec(self, argv: Sequence[str], *, timeout_s: float = 30) -> Result:
        return self.run(argv, check=False, timeout_s=timeout_s)

    def exec_until(
        self, argv: Sequence[str], during: LiveNode, other: Sequence[str], *, timeout_s: float = 30
    ) -> tuple[Result, Result]:
        raise NotImplementedError

    def shell(self, argv: Sequence[str]) -> int:
        raise NotImplementedError


@dataclass(frozen=True)
class Ground:
    """client 198.18.77.3 and server 198.18.77.2 on br0 of the switch, without IPv6, as in a lab."""

    client: GivenNode
    server: GivenNode
    switch: GivenNode

    def node(self, name: str) -> GivenNode:
        return {node.name: node for node in (self.client, self.server, self.switch)}[name]

    def take(self) -> Snapshot:
        return take({"client": self.client, "server": self.server}, self.switch)

    def differences(self, before: Snapshot) -> list[Difference]:
        return diff(before, self.take())

    def words(self, before: Snapshot) -> list[str]:
        return [difference.words for difference in self.differences(before)]

    def settled(self, before: Snapshot) -> list[str]:
        """The words of what still differs when it is equal or some seconds have passed, as a run polls it."""
        deadline = time.monotonic() + SETTLES_WITHIN_S
        while (words := self.words(before)) and time.monotonic() < deadline:
            time.sleep(0.02)
        return words

    def listener(self) -> socket.socket:
        """Port 80 of the server, with nginx's backlog; nobody accepts."""
        made = self.server.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("0.0.0.0", 80))
        made.listen(511)
        return made


@contextmanager
def ground() -> Iterator[Ground]:
    with bench() as made, ExitStack() as stack:
        nodes = [GivenNode(one) for one in (made.client, made.server, made.switch)]
        for node in nodes:
            stack.callback(node.close)
            node.run(shlex.split("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1"))
        deadline = time.monotonic() + SETTLES_WITHIN_S
        while any("state UP" not in node.sh("ip link show eth0") for node in nodes[:2]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield Ground(*nodes)

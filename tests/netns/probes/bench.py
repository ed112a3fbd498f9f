"""A throw-away network for probe tests: namespaces joined by a bridge in a namespace of its own."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from droplab.harness.runtime.node import NetnsNode


class Namespace(NetnsNode):
    """A network namespace of a sleeping process, made and ended with this object."""

    def __init__(self, name: str, hosts: Mapping[str, str]) -> None:
        self._holder = subprocess.Popen(["unshare", "--net", "--kill-child", "sleep", "infinity"])
        self.pid = self._holder.pid
        own = Path("/proc/self/ns/net").readlink()
        while Path(f"/proc/{self.pid}/ns/net").readlink() == own:
            time.sleep(0.001)
        super().__init__(name, f"/proc/{self.pid}/ns/net", hosts)

    def close(self) -> None:
        super().close()
        self._holder.kill()
        self._holder.wait()

    def do(self, command: str) -> str:
        """Run a command as it is typed."""
        return self.run(shlex.split(command)).stdout

    def counter(self, group: str, name: str) -> int:
        """A counter of /proc/net/snmp or /proc/net/netstat."""
        for path in ("/proc/net/snmp", "/proc/net/netstat"):
            lines = self.read(path).splitlines()
            for names, values in zip(lines[::2], lines[1::2], strict=True):
                if names.startswith(f"{group}:") and name in names.split():
                    return int(values.split()[names.split().index(name)])
        raise LookupError(name)

    def dropped(self) -> int:
        """Packets that DROP rules of the filter table have counted."""
        saved = self.do("iptables-save -c -t filter").splitlines()
        return sum(int(line[1:].split(":")[0]) for line in saved if line.endswith("-j DROP"))


@dataclass(frozen=True)
class Bench:
    """client and server on one bridge."""

    client: Namespace
    server: Namespace
    switch: Namespace


@contextmanager
def bench() -> Iterator[Bench]:
    """client 198.18.77.3 and server 198.18.77.2 on a bridge, no route to anywhere else."""
    hosts = {"server": "198.18.77.2", "client": "198.18.77.3", "nobody": "198.18.77.9", "abroad": "198.18.99.1"}
    with ExitStack() as stack:
        made = []
        for name in ("client", "server", "switch"):
            made.append(Namespace(name, hosts))
            stack.callback(made[-1].close)
        client, server, switch = made
        switch.do("ip link add br0 type bridge")
        switch.do("ip link set br0 up")
        for node in (client, server):
            switch.do(f"ip link add {node.name} type veth peer name eth0 netns {node.pid}")
            switch.do(f"ip link set {node.name} master br0 up")
            node.do("ip link set lo up")
            node.do(f"ip addr add {hosts[node.name]}/24 dev eth0")
            node.do("ip link set eth0 up")
        yield Bench(client, server, switch)

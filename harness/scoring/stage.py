"""Where a tool is watched: the nodes of a lab and the parts they have for the one who complains."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from droplab.harness.definition.lab import FaultUse
from droplab.harness.engine import aim
from droplab.harness.errors import UsageError
from droplab.harness.runtime.contract import LiveNode
from droplab.harness.scoring.bench import Bench
from droplab.harness.scoring.tool import Tool, Where
from droplab.harness.scoring.tool_loader import PLACEHOLDERS

WORD = re.compile(r"\{(" + "|".join(map(re.escape, PLACEHOLDERS)) + r")\}")
HOST = re.compile(r"(?:\w+://)?([\w.-]+)")
CLIENT, SERVER, SERVER_NAME = "client", "nginx", "www.lab.test"
"""Of the bench lab: the user, the server, and what the lab's DNS calls it."""


@dataclass(frozen=True)
class Stage:
    """A lab, and who complains about whom: the client about the server."""

    nodes: Mapping[str, LiveNode]
    addresses: Mapping[str, str]
    client: str
    server: str
    name: str | None
    """The server's name in the lab's own DNS, if it has one."""

    @classmethod
    def of(cls, bench: Bench, use: FaultUse | None = None) -> Stage:
        """Who suffers from the fault: the source and the target of its own trigger; the first client by default."""
        client, server = _sufferers(bench, use) if use else (CLIENT, SERVER)
        named = server == SERVER and bool(bench.lab.nodes[client].resolv_conf)
        return cls(bench.nodes, bench.lab.hosts, client, server, SERVER_NAME if named else None)

    def where(self, where: Where) -> list[str]:
        """The nodes that a tool runs in."""
        return {"client": [self.client], "server": [self.server], "every": list(self.nodes), "host": ["host"]}[where]

    def argv(self, tool: Tool, out: Path) -> tuple[str, ...]:
        """The tool's command with its placeholders filled in. Raises UsageError where the lab has no such node."""
        return tuple(WORD.sub(lambda match: self._filled(match.group(1), tool, out), word) for word in tool.run)

    def _filled(self, word: str, tool: Tool, out: Path) -> str:
        match word.split("."):
            case ["client"]:
                return self._called(self.client, tool)
            case ["server"]:
                return self._called(self.server, tool)
            case ["url"]:
                host = self.name if self.name and tool.place == "node" else self._called(self.server, tool)
                return f"http://{host}/"
            case ["inode", name]:
                return str(self._inode({"client": self.client, "server": self.server}.get(name, name)))
            case _:
                return str(out)

    def _called(self, node: str, tool: Tool) -> str:
        """Names of nodes are known inside of nodes only."""
        return node if tool.place == "node" else self.addresses[node]

    def _inode(self, node: str) -> int:
        if node not in self.nodes:
            raise UsageError(f"{{inode.{node}}}: this lab has no node {node!r}")
        return Path(f"/proc/{self.nodes[node].pid}/ns/net").stat().st_ino


def _sufferers(bench: Bench, use: FaultUse) -> tuple[str, str]:
    """A trigger that names no second node (a name that is looked up) leaves the usual two."""
    aimed, _ = aim.trigger(bench.lab, use, use.fault.signature().trigger, bench.catalogue)
    target = HOST.search(str(getattr(aimed.probe, "target", "")))
    found = target.group(1) if target else ""
    server = next((name for name, address in bench.lab.hosts.items() if found in (name, address)), None)
    return (aimed.node, server) if server and server != aimed.node else (CLIENT, SERVER)

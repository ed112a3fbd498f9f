"""A running lab in containers, opened by the process that started it or by another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from droplab.harness.runtime.contract import LiveNode
from droplab.harness.runtime.docker_container import Owner
from droplab.harness.runtime.docker_daemon import Attached, remove_all
from droplab.harness.runtime.docker_node import DockerNode
from droplab.harness.runtime.docker_switch import SwitchHold
from droplab.harness.runtime.node import NetnsNode
from droplab.harness.runtime.process_identity import ProcessIdentity

if TYPE_CHECKING:
    from docker import APIClient


class Switch(NetnsNode):
    """The switch's namespace and a process in it."""

    def __init__(self, pid: int) -> None:
        super().__init__("switch", f"/proc/{pid}/ns/net")
        self.pid = pid


@dataclass(frozen=True)
class Tether:
    """What ties a lab to this process: its containers' standard inputs and the switch's keeper."""

    lifelines: Sequence[Attached]
    switch: SwitchHold

    def let_go(self) -> None:
        """A started lab stands: from now on its keeper decides how long it lives."""
        with suppress(BrokenPipeError):  # the keeper has ended already
            self.switch.begun()
        for lifeline in self.lifelines:
            lifeline.close()

    def cut(self) -> None:
        """Let the lab end; idempotent."""
        for lifeline in self.lifelines:
            lifeline.close()
        self.switch.end()


class DockerLab:
    """Provisioned on containers. Who has only opened it has no ``tether``.

    One that ``outlives`` us is let go by ``close``: until then our death is its end too.
    """

    def __init__(
        self,
        owner: Owner,
        client: APIClient,
        nodes: Iterable[DockerNode],
        switch: Switch,
        keeper: ProcessIdentity,
        tether: Tether | None,
        *,
        outlives: bool = False,
    ) -> None:
        self._owner = owner
        self._client = client
        self._containers = {node.name: node for node in nodes}
        self._keeper = keeper
        self._tether = tether
        self._outlives = outlives
        self.nodes: Mapping[str, LiveNode] = self._containers
        self.switch: NetnsNode = switch
        self._switch = ProcessIdentity.of(switch.pid)
        self._closed = False

    def record(self) -> dict[str, Any]:
        """Everything that another process needs to open the lab or to remove it."""
        return {
            "runtime": "docker",
            "run_id": self._owner.run_id,
            "nodes": {name: node.record() for name, node in self._containers.items()},
            "switch": asdict(self._switch),
            "keeper": asdict(self._keeper),
        }

    def close(self) -> None:
        """Remove a foreground lab and wait until it is gone; let go of a started one. Idempotent."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._tether and not self._outlives:
                remove_all(self._client, [node.container for node in self._containers.values()])
        finally:
            if self._tether:
                (self._tether.let_go if self._outlives else self._tether.cut)()
            for node in (*self._containers.values(), self.switch):
                node.close()
            self._client.close()

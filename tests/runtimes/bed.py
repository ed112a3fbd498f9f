"""A runtime under test, and what is left of a run on it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from droplab.harness.definition.lab import Lab
from droplab.harness.engine.clean import runtime_named
from droplab.harness.runtime import cgroups
from droplab.harness.runtime.contract import Lifetime, Provisioned, Runtime
from droplab.harness.runtime.process_identity import ProcessIdentity
from tests.runtimes.labs import two_nodes

RUN, OTHER = secrets.token_hex(4), secrets.token_hex(4)
"""Run ids of this session alone: several may run on a machine."""


@dataclass(frozen=True)
class Bed:
    """A runtime by name; run files, and so the host id of its containers, are the test's own."""

    name: str

    @property
    def runtime(self) -> Runtime:
        """A fresh one: it holds no state."""
        return runtime_named(self.name)

    def foreground(self, lab: Lab | None = None, run_id: str = RUN) -> Provisioned:
        """A lab that lives as long as this process or until it is closed."""
        return self.runtime.provision(lab or two_nodes(), run_id, Lifetime())

    def left(self, run_id: str = RUN, record: dict[str, Any] | None = None) -> list[str]:
        """What there is of a run: containers, cgroups, and the processes that ``record`` names."""
        found = [str(folder) for folder in cgroups.find(run_id).folders]
        found += [f"process {one.pid}" for one in identities(record or {}) if one.alive()]
        return found + (_containers(run_id) if self.name == "docker" else [])


def identities(record: dict[str, Any]) -> Iterator[ProcessIdentity]:
    """The processes that the record of a lab names."""
    parts = [record.get(key) for key in ("keeper", "init", "switch")] + [*record.get("nodes", {}).values()]
    return (ProcessIdentity(part["pid"], part["began"]) for part in parts if part)


def _containers(run_id: str) -> list[str]:
    from droplab.harness.runtime.docker_container import host_id
    from droplab.harness.runtime.docker_daemon import connect, containers_of

    client = connect()
    try:
        return [f"container {one[:12]}" for one in containers_of(client, run_id, host_id())]
    finally:
        client.close()


def links_of_this_machine() -> set[str]:
    """The names of the host's interfaces, without those that a docker daemon makes for others."""
    return {path.name for path in Path("/sys/class/net").iterdir() if not path.name.startswith(("veth", "br-"))}

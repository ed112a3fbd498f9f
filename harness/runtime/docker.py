"""The docker runtime: each node a container without docker's network, wired by droplab as on every runtime."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from droplab.harness.definition.lab import Lab
from droplab.harness.errors import DroplabError, NodeLost
from droplab.harness.runtime.contract import Lifetime
from droplab.harness.runtime.docker_container import Owner, host_id
from droplab.harness.runtime.docker_daemon import connect, containers_of, remove_all
from droplab.harness.runtime.docker_lab import DockerLab, Switch
from droplab.harness.runtime.docker_node import DockerNode
from droplab.harness.runtime.docker_ready import daemon_lacks, image_lacks
from droplab.harness.runtime.docker_start import start
from droplab.harness.runtime.process_identity import ProcessIdentity
from droplab.harness.runtime.requirements import missing_tools

if TYPE_CHECKING:
    from docker import APIClient

IN_FLIGHT_S = 0.5
"""A container may appear so long after its creator was killed: the daemon finishes what it has begun."""


class DockerRuntime:
    """Labs of containers; see Runtime."""

    name = "docker"

    def missing(self, lab: Lab) -> list[str]:
        """Root, the daemon, the image, the tools of the lab's faults; see Runtime."""
        if os.geteuid() != 0:
            return ["root: droplab enters the network namespaces of its containers; use sudo"]
        without = daemon_lacks() or image_lacks()
        return [*([without] if without else []), *missing_tools(lab)]

    def provision(self, lab: Lab, run_id: str, lifetime: Lifetime) -> DockerLab:
        """Start the lab; see Runtime."""
        return start(lab, Owner(run_id, host_id()), lifetime)

    def reopen(self, lab: Lab, record: Mapping[str, Any]) -> DockerLab:
        """The lab that runs since ``record`` was written; see Runtime."""
        with ExitStack() as undo:
            client = connect()
            undo.callback(client.close)
            nodes = []
            for name, seen in record["nodes"].items():
                process = ProcessIdentity(seen["pid"], seen["began"])
                if not process.alive():
                    raise NodeLost(
                        f"node {name}: its container was restarted or removed, and its network with it; "
                        "droplab reset makes the lab anew"
                    )
                nodes.append(DockerNode(name, seen["container"], process, client, lab.hosts))
                undo.callback(nodes[-1].close)
            if not ProcessIdentity(**record["switch"]).alive():
                raise NodeLost("the switch of the lab is gone; droplab reset makes the lab anew")
            switch = Switch(record["switch"]["pid"])
            owner = Owner(record["run_id"], host_id())
            live = DockerLab(owner, client, nodes, switch, ProcessIdentity(**record["keeper"]), tether=None)
            undo.pop_all()
        return live

    def destroy(self, record: Mapping[str, Any]) -> list[str]:
        """Remove what is left of the lab; see Runtime. A record without nodes is of a start that was cut short."""
        for process in (record.get("keeper"), record.get("switch")):
            if process:
                ProcessIdentity(**process).end()
        known = [seen["container"] for seen in record.get("nodes", {}).values()]
        try:
            client = connect()
        except DroplabError as error:
            return [f"containers of run {record['run_id']}: {error}"] if known else []
        try:
            _remove_found(client, Owner(record["run_id"], host_id()), known)
        except DroplabError as error:
            return [f"containers of run {record['run_id']}: {error}"]
        finally:
            client.close()
        return []


def _remove_found(client: APIClient, owner: Owner, known: list[str]) -> None:
    """Remove the containers that are known, and those that carry the labels of the run and of this machine."""
    deadline = time.monotonic() + (0 if known else IN_FLIGHT_S)
    remove_all(client, known)
    while True:
        found = containers_of(client, owner.run_id, owner.host)
        remove_all(client, found)
        if not found and time.monotonic() >= deadline:
            return
        if not found:
            time.sleep(0.05)

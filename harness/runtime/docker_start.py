"""From a definition to a running lab of containers."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from droplab.harness.definition.lab import Lab
from droplab.harness.errors import NodeLost
from droplab.harness.runtime.contract import Lifetime
from droplab.harness.runtime.docker_container import Container, Owner, launch
from droplab.harness.runtime.docker_daemon import connect, containers_of, heard, remove_all
from droplab.harness.runtime.docker_furnish import furnish
from droplab.harness.runtime.docker_lab import DockerLab, Switch, Tether
from droplab.harness.runtime.docker_node import DockerNode
from droplab.harness.runtime.docker_switch import SwitchHold, hold_switch
from droplab.harness.runtime.node_files import etc_files
from droplab.harness.runtime.process_identity import ProcessIdentity
from droplab.harness.runtime.readiness import await_services
from droplab.harness.runtime.wiring import wire

if TYPE_CHECKING:
    from docker import APIClient


def start(lab: Lab, owner: Owner, lifetime: Lifetime) -> DockerLab:
    """Start the lab. What was begun is undone when it fails on the way."""
    with ExitStack() as undo:
        client = connect()
        undo.callback(client.close)
        undo.callback(lambda: remove_all(client, containers_of(client, owner.run_id, owner.host)))
        containers, kept = _launch_all(lab, client, owner, lifetime, undo)
        nodes = _furnish_all(lab, client, containers, undo)
        switch = Switch(kept.pid)
        undo.callback(switch.close)
        wire(switch, [(node, lab.nodes[name]) for name, node in nodes.items()])
        _serve(lab, client, containers, nodes)
        keeper = ProcessIdentity.of(kept.keeper)
        tether = Tether([container.stdin for container in containers.values()], kept)
        for namespace in (*nodes.values(), switch):
            namespace.leave_thread()
        undo.pop_all()
    return DockerLab(owner, client, nodes.values(), switch, keeper, tether, outlives=lifetime.ttl_s is not None)


def _launch_all(
    lab: Lab, client: APIClient, owner: Owner, lifetime: Lifetime, undo: ExitStack
) -> tuple[dict[str, Container], SwitchHold]:
    """All containers at once, and meanwhile the switch's namespace. Raises what the first failure was."""
    outlives = lifetime.ttl_s is not None
    with ThreadPoolExecutor(len(lab.nodes)) as pool:
        launches = {
            name: pool.submit(launch, client, node, owner, outlives=outlives) for name, node in lab.nodes.items()
        }
        kept = hold_switch(lifetime)
        undo.callback(kept.end)
        import pyroute2  # noqa: F401 wiring needs it; its 0.15 s are free while the containers start
    for launched in launches.values():
        if launched.exception() is None:
            undo.callback(launched.result().stdin.close)
    return {name: launched.result() for name, launched in launches.items()}, kept


def _furnish_all(
    lab: Lab, client: APIClient, containers: Mapping[str, Container], undo: ExitStack
) -> dict[str, DockerNode]:
    nodes = {}
    for name, container in containers.items():
        process = ProcessIdentity.of(container.pid)
        furnish(container.pid, (*etc_files(lab.nodes[name], lab.hosts), *lab.nodes[name].files))
        nodes[name] = DockerNode(name, container.id, process, client, lab.hosts)
        undo.callback(nodes[name].close)
    return nodes


def _serve(lab: Lab, client: APIClient, containers: Mapping[str, Container], nodes: Mapping[str, DockerNode]) -> None:
    """Setup commands, then the services; when one does not come up, what its container said is told."""
    for name, node in nodes.items():
        for command in lab.nodes[name].setup:
            node.run(("sh", "-c", command))
    for container in containers.values():
        container.begin()
    for name, node in nodes.items():
        try:
            await_services(node, lab.nodes[name])
        except NodeLost as error:
            with heard(f"reading the log of {name}"):
                said = client.logs(containers[name].id, tail=3).decode(errors="replace").split("\n")
            raise NodeLost(f"{error}: {' / '.join(filter(None, said)) or 'it said nothing'}") from error

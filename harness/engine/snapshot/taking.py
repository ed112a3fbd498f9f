"""Taking a snapshot: about 15 ms for a node. It reads only; nothing that it does can be seen in a node afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.addresses import addresses
from droplab.harness.engine.snapshot.firewall import firewall, legacy_firewall
from droplab.harness.engine.snapshot.links import links
from droplab.harness.engine.snapshot.model import Section, Snapshot
from droplab.harness.engine.snapshot.neighbours import neighbours
from droplab.harness.engine.snapshot.queues import queues
from droplab.harness.engine.snapshot.routes import routes
from droplab.harness.engine.snapshot.rules import rules
from droplab.harness.engine.snapshot.sockets import sockets
from droplab.harness.engine.snapshot.sysctls import sysctls
from droplab.harness.engine.snapshot.workload import files, processes
from droplab.harness.errors import NodeLost
from droplab.harness.runtime.contract import LiveNode


def take(nodes: Mapping[str, LiveNode], switch: Node) -> Snapshot:
    """Every section of every node, and the network sections of the switch. Raises NodeLost."""
    return Snapshot({**{name: _whole(node) for name, node in nodes.items()}, switch.name: _network(switch)})


def take_network(node: Node) -> Snapshot:
    """The network sections only: the processes and files of a node that droplab did not start are not looked at."""
    return Snapshot({node.name: _network(node)})


def _whole(node: LiveNode) -> dict[str, Section]:
    if not node.alive():
        raise NodeLost(f"node {node.name}: it ended or was restarted, so its network is gone; droplab reset")
    try:
        return {**_network(node), "processes": processes(node), "files": files(node)}
    except (FileNotFoundError, ProcessLookupError) as error:
        if node.alive():
            raise
        raise NodeLost(f"node {node.name}: it ended while it was looked at") from error


def _network(node: Node) -> dict[str, Section]:
    found, names = links(node)
    return {
        "links": found,
        "addresses": addresses(node, names),
        "routes": routes(node, names),
        "rules": rules(node),
        "neighbours": neighbours(node, names),
        "qdiscs": queues(node, names),
        "nft": firewall(node),
        "iptables_legacy": legacy_firewall(node),
        "sysctls": sysctls(node),
        "sockets": sockets(node, names),
    }

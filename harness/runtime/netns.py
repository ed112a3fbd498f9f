"""The netns runtime: each node in namespaces of its own, without any daemon; killing the harness ends the lab."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from droplab.harness.definition.lab import Lab
from droplab.harness.errors import MachineLacks, NodeLost
from droplab.harness.runtime import cgroups
from droplab.harness.runtime.contract import Lifetime
from droplab.harness.runtime.host_view import program
from droplab.harness.runtime.netns_lab import NetnsLab, end
from droplab.harness.runtime.netns_node import NetnsLabNode
from droplab.harness.runtime.netns_start import start
from droplab.harness.runtime.node import NetnsNode
from droplab.harness.runtime.process_identity import ProcessIdentity
from droplab.harness.runtime.requirements import missing_tools
from droplab.harness.runtime.tree import SWITCH


class NetnsRuntime:
    """Labs of namespaces; see Runtime."""

    name = "netns"

    def missing(self, lab: Lab) -> list[str]:
        """Root, the servers of the lab, the tools of its faults; see Runtime."""
        if os.geteuid() != 0:
            return ["root: droplab makes network namespaces; use sudo"]
        servers = [program(service.run) for node in lab.nodes.values() for service in node.services]
        return missing_tools(lab, servers)

    def provision(self, lab: Lab, run_id: str, lifetime: Lifetime) -> NetnsLab:
        """Start the lab; see Runtime."""
        try:
            return start(lab, run_id, lifetime)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            raise MachineLacks(
                f"netns: {error.strerror}: a lab of two nodes takes 4, and 20 while it starts; raise `ulimit -n`"
            ) from error

    def reopen(self, lab: Lab, record: Mapping[str, Any]) -> NetnsLab:
        """The lab that runs since ``record`` was written; see Runtime."""
        keeper, init = ProcessIdentity(**record["keeper"]), ProcessIdentity(**record["init"])
        if not init.alive():
            raise NodeLost(
                "the lab's processes are gone; droplab clean removes what is left, droplab start begins anew"
            )
        groups = cgroups.find(record["run_id"])
        with ExitStack() as undo:
            nodes = []
            for name, seen in record["nodes"].items():
                process = ProcessIdentity(seen["pid"], seen["began"])
                nodes.append(_node(name, process, init, groups.of(name), lab.hosts))
                undo.callback(nodes[-1].close)
            switch = NetnsNode(SWITCH, f"/proc/{init.pid}/ns/net")
            live = NetnsLab(record["run_id"], keeper, init, nodes, switch, lifeline=None)
            undo.pop_all()
        return live

    def destroy(self, record: Mapping[str, Any]) -> list[str]:
        """Remove what is left of the lab; see Runtime. A record without nodes is of a start that was cut short."""
        keeper, init = (
            ProcessIdentity(**record[process]) if process in record else None for process in ("keeper", "init")
        )
        return end(record["run_id"], keeper, init)


def _node(
    name: str, process: ProcessIdentity, init: ProcessIdentity, groups: Sequence[Path], hosts: Mapping[str, str]
) -> NetnsLabNode:
    """The open node. Of a process that is just ending the network namespace may be gone before the process is."""
    lost = NodeLost(f"node {name}: its init was killed; droplab reset makes the lab anew")
    if not process.alive():
        raise lost
    try:
        return NetnsLabNode(name, process, init, groups, hosts)
    except NodeLost as error:
        raise lost from error

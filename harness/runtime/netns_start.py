"""From a definition to a running lab in namespaces."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from droplab.harness.definition.lab import Lab
from droplab.harness.errors import DroplabError, MachineLacks, NodeLost
from droplab.harness.runtime import cgroups
from droplab.harness.runtime.contract import Lifetime
from droplab.harness.runtime.host_view import HostView, program
from droplab.harness.runtime.netns_lab import NetnsLab, end
from droplab.harness.runtime.netns_node import NetnsLabNode
from droplab.harness.runtime.node_files import etc_files
from droplab.harness.runtime.privileges import Privileges
from droplab.harness.runtime.process_identity import ProcessIdentity
from droplab.harness.runtime.readiness import await_services
from droplab.harness.runtime.tree import SWITCH, Ends, NodePlan, TreePlan, fork_keeper
from droplab.harness.runtime.wiring import connect

STEP_WITHIN_S = 20.0
CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


def start(lab: Lab, run_id: str, lifetime: Lifetime) -> NetnsLab:
    """Start the lab. What was begun is undone when it fails on the way."""
    with ExitStack() as undo:
        groups = cgroups.create(run_id, (*lab.nodes, SWITCH))
        undo.callback(groups.remove)
        keeper, reports, tether = _fork(lab, groups, lifetime, undo)
        undo.callback(end, run_id, keeper, None)
        pids = reports.of("wire", {SWITCH, *lab.nodes})
        init = ProcessIdentity.of(pids[SWITCH])
        nodes = _nodes(lab, pids, init, groups, undo)
        live = NetnsLab(run_id, keeper, init, nodes, tether.lifeline, outlives=lifetime.ttl_s is not None)
        undo.callback(live.switch.close)
        connect(live.switch, [(live.nodes[name], node) for name, node in lab.nodes.items()])  # type: ignore[misc]
        reports.of("built", set(lab.nodes))
        _serve(lab, live, tether)
        tether.served()
        for namespace in (*nodes, live.switch):
            namespace.leave_thread()
        undo.pop_all()
    reports.close()
    return live


def _nodes(
    lab: Lab, pids: Mapping[str, int], init: ProcessIdentity, groups: cgroups.LabCgroups, undo: ExitStack
) -> list[NetnsLabNode]:
    nodes = []
    for name in lab.nodes:
        nodes.append(NetnsLabNode(name, ProcessIdentity.of(pids[name]), init, groups.of(name), lab.hosts))
        undo.callback(nodes[-1].close)
    return nodes


@dataclass
class Tether:
    """Our ends of the pipes: ``lifeline`` keeps the lab alive, ``go`` lets the nodes' services start."""

    lifeline: int
    go: int

    def release(self, nodes: int) -> None:
        """Let the services of so many nodes start."""
        os.write(self.go, b"." * nodes)

    def served(self) -> None:
        """The lab stands; its lifeline now belongs to the NetnsLab."""
        os.close(self.go)

    def cut(self) -> None:
        """The start has failed."""
        os.close(self.go)
        os.close(self.lifeline)


class Reports:
    """What the processes of a lab tell while they are built. Each message comes with the PID of its sender."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._heard: dict[str, dict[str, int]] = {}

    def of(self, word: str, names: set[str]) -> dict[str, int]:
        """Name to PID of all of ``names``, once each has said ``word``. Raises NodeLost or MachineLacks."""
        deadline = time.monotonic() + STEP_WITHIN_S
        while names - self._heard.get(word, {}).keys():
            said, name, pid = self._next(deadline)
            self._heard.setdefault(said, {})[name] = pid
        return self._heard[word] if names else {}

    def _next(self, deadline: float) -> tuple[str, str, int]:
        if not select.select([self._sock], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise NodeLost(f"the lab's processes do not answer within {STEP_WITHIN_S:g} s")
        data, ancillary, _, _ = self._sock.recvmsg(8192, socket.CMSG_SPACE(CREDENTIALS.size))
        if not data:
            raise NodeLost("the lab's processes ended while they were being built")
        said, _, rest = data.decode(errors="replace").partition(" ")
        if said == "error":
            raise _failure(rest)
        pid = next(CREDENTIALS.unpack(content)[0] for _, kind, content in ancillary if kind == socket.SCM_CREDENTIALS)
        return said, rest.strip(), pid

    def close(self) -> None:
        """Nothing more is of interest."""
        self._sock.close()


def _failure(words: str) -> DroplabError:
    role, _, what = words.partition(" ")
    if "PermissionError" in what or f"[Errno {errno.ENOSYS}]" in what or f"[Errno {errno.EPERM}]" in what:
        return MachineLacks(f"netns: {role} of the lab: {what}; this machine does not let root make namespaces")
    return NodeLost(f"netns: {role} of the lab could not be built: {what}")


def _fork(
    lab: Lab, groups: cgroups.LabCgroups, lifetime: Lifetime, undo: ExitStack
) -> tuple[ProcessIdentity, Reports, Tether]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    undo.callback(ours.close)
    (lifeline, held), (go, release) = os.pipe(), os.pipe()
    tether = Tether(held, release)
    undo.callback(tether.cut)
    with _joining(groups, (*lab.nodes, SWITCH)) as fds:
        nodes = tuple(
            NodePlan(node, (*etc_files(node, lab.hosts), *node.files), fds[node.name]) for node in lab.nodes.values()
        )
        paths = tuple(str(folder) for folder in groups.folders)
        plan = TreePlan(nodes, HostView.of(lab), Privileges.of_nodes(), lifetime, paths, fds[SWITCH])
        try:
            pid = fork_keeper(plan, Ends(theirs, lifeline, go))
        finally:
            theirs.close()
            os.close(lifeline)
            os.close(go)
    return ProcessIdentity.of(pid), Reports(ours), tether


@contextmanager
def _joining(groups: cgroups.LabCgroups, names: tuple[str, ...]) -> Iterator[dict[str, tuple[int, ...]]]:
    """For each name the open files through which a process joins its cgroups."""
    fds: dict[str, tuple[int, ...]] = {}
    try:
        for name in names:
            fds[name] = tuple(groups.join_fds(name))
        yield fds
    finally:
        for fd in (fd for opened in fds.values() for fd in opened):
            os.close(fd)


def _serve(lab: Lab, live: NetnsLab, tether: Tether) -> None:
    """Setup commands, then the services; when one does not come up, what it printed is told."""
    for name, node in live.nodes.items():
        for command in lab.nodes[name].setup:
            node.run(("sh", "-c", command))
    tether.release(len(lab.nodes))
    for name, node in live.nodes.items():
        try:
            await_services(node, lab.nodes[name])  # type: ignore[arg-type]
        except NodeLost as error:
            logs = [f"/var/log/{program(service.run)}.out" for service in lab.nodes[name].services]
            said = node.exec(("tail", "-qn", "3", *logs)).stdout.splitlines()
            raise NodeLost(f"{error}: {' / '.join(filter(None, said)) or 'it said nothing'}") from error

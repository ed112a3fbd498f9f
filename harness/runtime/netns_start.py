"""From a definition to a running lab in namespaces."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from droplab.harness.definition.lab import Lab, LabNode
from droplab.harness.errors import DroplabError, MachineLacks, NodeLost
from droplab.harness.runtime import cgroups
from droplab.harness.runtime.contract import Lifetime
from droplab.harness.runtime.host_view import HostView, program
from droplab.harness.runtime.netns_lab import NetnsLab, end
from droplab.harness.runtime.netns_node import NetnsLabNode
from droplab.harness.runtime.node import NetnsNode
from droplab.harness.runtime.node_files import etc_files
from droplab.harness.runtime.privileges import Privileges
from droplab.harness.runtime.process_identity import ProcessIdentity
from droplab.harness.runtime.readiness import await_services
from droplab.harness.runtime.tree import SWITCH, Ends, NodePlan, TreePlan, fork_keeper
from droplab.harness.runtime.wiring import Wiring

STEP_WITHIN_S = 20.0
CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


def start(lab: Lab, run_id: str, lifetime: Lifetime) -> NetnsLab:
    """Start the lab. What was begun is undone when it fails on the way.

    The harness wires the nodes while their processes build their roots. A service starts as soon as its node has its
    addresses, while the links come up; after the setup commands of all nodes, where there are any.
    """
    with ExitStack() as undo:
        groups = cgroups.create(run_id, (*lab.nodes, SWITCH))
        undo.callback(groups.remove)
        wiring = Wiring(lab.nodes.values())
        undo.callback(wiring.close)
        keeper, reports, tether = _fork(lab, groups, lifetime, undo)
        undo.callback(end, run_id, keeper, None)
        groups.limit()
        init, switch = _switch(reports, undo)
        wiring.begin(switch)
        at_once = not any(node.setup for node in lab.nodes.values())
        nodes: dict[str, NetnsLabNode] = {}
        for name, pid in reports.each("wire", set(lab.nodes)):
            nodes[name] = NetnsLabNode(name, ProcessIdentity.of(pid), init, groups.of(name), lab.hosts)
            undo.callback(nodes[name].close)
            wiring.furnish(nodes[name])
            if at_once:
                tether.release(lab.nodes[name])
        wiring.plug(switch)
        reports.of("built", set(lab.nodes))
        wiring.await_up(switch, nodes.values())
        if not at_once:
            _set_up(lab, nodes, tether)
        _await_services(lab, nodes)
        tether.served()
        wiring.close()
        undo.pop_all()
    reports.close()
    in_order = [nodes[name] for name in lab.nodes]
    return NetnsLab(run_id, keeper, init, in_order, switch, tether.lifeline, outlives=lifetime.ttl_s is not None)


def _switch(reports: Reports, undo: ExitStack) -> tuple[ProcessIdentity, NetnsNode]:
    init = ProcessIdentity.of(reports.of("wire", {SWITCH})[SWITCH])
    switch = NetnsNode(SWITCH, f"/proc/{init.pid}/ns/net")
    undo.callback(switch.close)
    return init, switch


class Tether:
    """Our ends of the pipes that hold the lab's processes back and, by ``lifeline``, alive."""

    def __init__(self, nodes: Iterable[str]) -> None:
        self.alive, self.lifeline = os.pipe()
        pipes = {name: os.pipe() for name in nodes}
        self.go = {name: read for name, (read, _) in pipes.items()}
        self._release = {name: write for name, (_, write) in pipes.items()}

    def forked(self) -> None:
        """The ends of the lab's processes are theirs alone now."""
        for fd in (self.alive, *self.go.values()):
            os.close(fd)

    def release(self, node: LabNode) -> None:
        """Let the services of a node start. Raises NodeLost when it has ended."""
        try:
            os.write(self._release[node.name], b"." * len(node.services))
        except BrokenPipeError as error:
            raise NodeLost(f"netns: {node.name} of the lab ended while it was being built") from error

    def served(self) -> None:
        """The lab stands; its lifeline now belongs to the NetnsLab."""
        for fd in self._release.values():
            os.close(fd)

    def cut(self) -> None:
        """The start has failed."""
        self.served()
        os.close(self.lifeline)


class Reports:
    """What the processes of a lab tell while they are built. Each message comes with the PID of its sender."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._heard: dict[str, dict[str, int]] = {}

    def of(self, word: str, names: set[str]) -> dict[str, int]:
        """Name to PID of all of ``names``, once each has said ``word``. Raises NodeLost or MachineLacks."""
        return dict(self.each(word, names))

    def each(self, word: str, names: set[str]) -> Iterator[tuple[str, int]]:
        """Name and PID of each of ``names`` as soon as it has said ``word``. Raises NodeLost or MachineLacks."""
        deadline = time.monotonic() + STEP_WITHIN_S
        waiting = set(names)
        while waiting:
            heard = self._heard.setdefault(word, {})
            for name in waiting & heard.keys():
                waiting.remove(name)
                yield name, heard[name]
            if waiting:
                said, name, pid = self._next(deadline)
                self._heard.setdefault(said, {})[name] = pid

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
    tether = Tether(lab.nodes)
    undo.callback(tether.cut)
    with _joining(groups, (*lab.nodes, SWITCH)) as fds:
        try:
            nodes = tuple(
                NodePlan(node, (*etc_files(node, lab.hosts), *node.files), fds[name], tether.go[name])
                for name, node in lab.nodes.items()
            )
            paths = tuple(str(folder) for folder in groups.folders)
            plan = TreePlan(nodes, HostView.of(lab), Privileges.of_nodes(), lifetime, paths, fds[SWITCH])
            pid = fork_keeper(plan, Ends(theirs, tether.alive))
        finally:
            theirs.close()
            tether.forked()
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


def _set_up(lab: Lab, nodes: Mapping[str, NetnsLabNode], tether: Tether) -> None:
    for name, lab_node in lab.nodes.items():
        for command in lab_node.setup:
            nodes[name].run(("sh", "-c", command))
    for lab_node in lab.nodes.values():
        tether.release(lab_node)


def _await_services(lab: Lab, nodes: Mapping[str, NetnsLabNode]) -> None:
    """When one does not come up, what it printed is told."""
    for name, node in nodes.items():
        try:
            await_services(node, lab.nodes[name])
        except NodeLost as error:
            logs = [f"/var/log/{program(service.run)}.out" for service in lab.nodes[name].services]
            said = node.exec(("tail", "-qn", "3", *logs)).stdout.splitlines()
            raise NodeLost(f"{error}: {' / '.join(filter(None, said)) or 'it said nothing'}") from error

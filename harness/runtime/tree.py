"""The processes that hold a lab: a keeper, the lab's init below it, and one init for each node.

    keeper        sh, in a session of its own; waits until the lab's init is gone, removes the cgroups and, for a
                  started lab, lets go of the run file's lock and becomes the clean command
    └─ init       PID 1 of the lab, in the switch's network namespace; dies with the keeper, and everything with it
       └─ node    PID 1 of a node: ``sleep infinity`` that ignores SIGCHLD, so that the kernel reaps its orphans

Lifelines are pipes, not PIDs. A foreground lab's init reads one whose other end only the harness holds: end of file,
even by SIGKILL, ends it. The keeper reads one that only the init holds. So a lab may be started from any thread
(PR_SET_PDEATHSIG would tie it to the thread), and nothing is ever killed by a number that might mean a stranger.

Every process here is a fork of the harness that never returns into its code: it ends by exec or by _exit.
"""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn

from droplab.harness.definition.lab import LabNode, NodeFile, Service
from droplab.harness.runtime import isolation, sysctl_profile
from droplab.harness.runtime.contract import Lifetime
from droplab.harness.runtime.host_view import HostView, program
from droplab.harness.runtime.namespaces import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUTS,
    PR_SET_PDEATHSIG,
    prctl,
    sethostname,
    setns,
    unshare,
)
from droplab.harness.runtime.privileges import Privileges

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT: Mapping[str, str] = {"PATH": PATH, "HOME": "/root", "USER": "root", "LANG": "C.UTF-8"}
SWITCH = "switch"
FOR_A_SHELL = frozenset("|&;<>()$`\\\"'*?[]#~=%!{}\n")
"""A service without any of them needs no shell, which would take 2 ms."""
LIFELINE, ALIVE, LOCK = 3, 4, 9
FREE_FROM = 64
"""Descriptors are moved up here before they get the numbers that the scripts use."""
HIGHEST = 1 << 20

KEEPER_SCRIPT = """dirs=$1; shift
read -r end <&3
exec 3<&-
gone() {
    [ -z "$dirs" ] && return
    rmdir $dirs 2>/dev/null
    for dir in $dirs; do [ ! -d "$dir" ] || return; done
}
tries=0
until gone || [ $((tries += 1)) -gt 500 ]; do sleep 0.01; done
[ $# -eq 0 ] || { exec 9<&-; exec "$@"; }
"""
INIT_SCRIPT = """[ -z "$1" ] && exec cat <&3
read -r begun <&3 || exit
exec sleep "$1" 3<&-
"""


@dataclass(frozen=True)
class NodePlan:
    """All that a node's process needs, worked out before the fork."""

    node: LabNode
    files: tuple[NodeFile, ...]
    cgroup_fds: tuple[int, ...]
    go: int
    """A pipe: a byte for each service when it may start."""


@dataclass(frozen=True)
class TreePlan:
    """All that the processes of a lab need, worked out before the first fork."""

    nodes: tuple[NodePlan, ...]
    view: HostView
    privileges: Privileges
    lifetime: Lifetime
    cgroups: tuple[str, ...]
    switch_cgroup_fds: tuple[int, ...]


@dataclass(frozen=True)
class Ends:
    """The ends that the first children hold."""

    report: socket.socket
    lifeline: int


def fork_keeper(plan: TreePlan, ends: Ends) -> int:
    """Fork the keeper, which forks the rest; its PID. What happens then is told on ``ends.report``, see ``_tell``."""
    with _signals_held():
        pid = os.fork()
        if pid == 0:
            _run(lambda: _keeper(plan, ends), ends.report, "keeper")
    return pid


@contextmanager
def _signals_held() -> Iterator[None]:
    """No Python handler of the harness may run in a child."""
    before = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(work: Callable[[], object], report: socket.socket, role: str) -> NoReturn:
    """Do the work of a child, which execs; a failure is told and ends it without Python's exit hooks."""
    try:
        gc.disable()  # a collected socket of the harness would close a descriptor that is ours by now
        work()
    except BaseException as error:
        with suppress(OSError):
            report.send(f"error {role} {type(error).__name__}: {error}".encode()[:8000])
    finally:
        os._exit(1)


def _tell(report: socket.socket, word: str, name: str) -> None:
    """One message: a word and a name. The receiver learns the sender's PID from SCM_CREDENTIALS."""
    report.send(f"{word} {name} ".encode())


def _keeper(plan: TreePlan, ends: Ends) -> None:
    os.setsid()
    os.umask(0o022)
    os.chdir("/")
    lock = plan.lifetime.lock_fd
    alive, held = os.pipe2(os.O_CLOEXEC)
    of_nodes = [fd for node in plan.nodes for fd in (node.go, *node.cgroup_fds)]
    kept = [ends.report.fileno(), ends.lifeline, alive, held, *of_nodes, *plan.switch_cgroup_fds]
    _close_all_but([*kept, *([] if lock is None else [lock])])
    _silence()
    _default_signals()
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    unshare(CLONE_NEWPID)
    if os.fork() == 0:
        os.close(alive)
        os.close(own_pids)
        if lock is not None:
            os.close(lock)
        _run(lambda: _init(plan, ends, held), ends.report, "init")
    setns(own_pids, CLONE_NEWPID)  # no process can be forked into a namespace whose init has ended
    _keep_only({alive: LIFELINE} | ({} if lock is None else {lock: LOCK}))
    words = ["sh", "-c", KEEPER_SCRIPT, "droplab-keeper", " ".join(plan.cgroups), *plan.lifetime.at_end]
    os.execve("/bin/sh", words, {**os.environ})


def _init(plan: TreePlan, ends: Ends, held: int) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _join(plan.switch_cgroup_fds)
    unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC)
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    isolation.mount_own_proc()
    sysctl_profile.apply_here(sysctl_profile.SWITCH)
    sethostname(SWITCH)
    _tell(ends.report, "wire", SWITCH)
    isolation.build_init_root(plan.view, [node.node.name for node in plan.nodes])
    for node in plan.nodes:
        unshare(CLONE_NEWPID)
        if os.fork() == 0:
            os.close(held)
            os.close(own_pids)
            os.close(ends.lifeline)
            _run(lambda node=node: _node(plan, node, ends), ends.report, node.node.name)  # type: ignore[misc]
        setns(own_pids, CLONE_NEWPID)
    _keep_only({ends.lifeline: LIFELINE, held: ALIVE})
    ttl = "" if plan.lifetime.ttl_s is None else f"{plan.lifetime.ttl_s:.3f}"
    os.execve("/bin/sh", ["sh", "-c", INIT_SCRIPT, "droplab-init", ttl], {"PATH": PATH})


def _node(plan: TreePlan, node: NodePlan, ends: Ends) -> None:
    name = node.node.name
    _join(node.cgroup_fds)
    unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP)
    sethostname(name)
    proc = isolation.mount_proc(name)
    profile = sysctl_profile.of_node(forward=node.node.forward, rootless=plan.view.rootless)
    sysctl_profile.apply_here(profile, proc)
    _tell(ends.report, "wire", name)
    isolation.build_node_root(plan.view, name, node.files)
    _silence()
    plan.privileges.confine()
    for service in node.node.services:
        if os.fork() == 0:
            _run(lambda service=service: _serve(service, node.go), ends.report, name)  # type: ignore[misc]
    _tell(ends.report, "built", name)
    _keep_only({})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # stays so across exec: the kernel reaps the node's orphans
    os.execvpe("sleep", ["sleep", "infinity"], {**ENVIRONMENT})


def _serve(service: Service, go: int) -> None:
    """Become a service of the node, once it may; what it prints goes to a log that is named after its program."""
    if not os.read(go, 1):
        return  # the harness is gone, and the lab with it
    os.setsid()
    log = os.open(f"/var/log/{program(service.run)}.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    if not FOR_A_SHELL & set(service.run):
        with suppress(OSError):  # a shell says best what is wrong with it
            os.execvpe(service.run.split()[0], service.run.split(), {**ENVIRONMENT})
    os.execve("/bin/sh", ["sh", "-c", service.run], {**ENVIRONMENT})


def _join(cgroup_fds: Iterable[int]) -> None:
    for fd in cgroup_fds:
        os.write(fd, b"0")


def _silence() -> None:
    """Standard input and outputs to the /dev/null that this process sees: no descriptor of the host's stays open."""
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    if null > 2:
        os.close(null)


def _default_signals() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            continue  # the C library keeps a few for itself
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _close_all_but(kept: Iterable[int]) -> None:
    """Close everything else from 3 up: above all the lifelines of other labs that this process has started."""
    low = 3
    for fd in sorted({fd for fd in kept if fd >= low}):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, HIGHEST)


def _keep_only(numbers: Mapping[int, int]) -> None:
    """Give descriptors the numbers that a script knows them by, open across exec, and close all others."""
    moved = {fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FREE_FROM): number for fd, number in numbers.items()}
    for fd, number in moved.items():
        os.dup2(fd, number, inheritable=True)
    _close_all_but(numbers.values())

"""A command inside a node, with the rights that a student has there and no others.

The command is a grandchild: a process enters a PID namespace only by being born in it. The process between stays
outside, waits, and ends as the command ended; it is seen by nobody inside.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from droplab.harness.contracts.node import Result
from droplab.harness.errors import NodeLost
from droplab.harness.runtime.bounded import Bounded
from droplab.harness.runtime.namespaces import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUTS,
    PR_SET_PDEATHSIG,
    inside_mount_namespace,
    prctl,
    setns,
)
from droplab.harness.runtime.node import CANNOT_RUN, TIMED_OUT
from droplab.harness.runtime.privileges import Privileges

EVERYTHING = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWCGROUP
HIGHEST = 1 << 20
MOST_READS = 64
TIOCGPTPEER = 0x5441
TIOCSPTLCK = 0x40045431


@dataclass(frozen=True)
class Inside:
    """How to get into a node: its init by pidfd, its cgroups, its rights, its environment."""

    name: str
    pidfd: int
    cgroups: tuple[Path, ...]
    privileges: Privileges
    environment: Mapping[str, str]

    def open_terminal(self) -> tuple[int, int]:
        """A new pty of the node's own: (the side of the person, the side of the command)."""

        def both() -> tuple[int, int]:
            master = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
            fcntl.ioctl(master, TIOCSPTLCK, b"\0\0\0\0")
            return master, fcntl.ioctl(master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)

        return inside_mount_namespace(self.pidfd, both)

    def start(
        self, argv: Sequence[str], stdio: tuple[int | None, int | None, int | None], *, terminal: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a command. Raises FileNotFoundError or PermissionError as exec does, NodeLost when the node is gone."""
        fds = [os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for folder in self.cgroups]
        stdin, stdout, stderr = stdio
        try:
            return subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env={**self.environment, **({"TERM": os.environ.get("TERM", "xterm")} if terminal else {})},
                preexec_fn=lambda: self._enter(fds, terminal=terminal),  # noqa: PLW1509 nothing else can fork inside
            )
        except subprocess.SubprocessError as error:
            raise NodeLost(f"node {self.name}: it cannot be entered; droplab reset makes it anew") from error
        finally:
            for fd in fds:
                os.close(fd)

    def _enter(self, cgroup_fds: Iterable[int], *, terminal: bool) -> None:
        """Between fork and exec: returns only in the process that is to become the command."""
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        setns(self.pidfd, EVERYTHING)
        pid = os.fork()
        if pid:
            _wait_outside(pid)
        for fd in cgroup_fds:
            os.write(fd, b"0")
        os.setsid()
        if terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        os.umask(0o022)
        os.chdir("/root")
        self.privileges.confine()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait_outside(pid: int) -> None:
    """Wait for the command with no descriptor open, and end as it does."""
    os.closerange(0, HIGHEST)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status < 0:
        signal.signal(-status, signal.SIG_DFL) if -status not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -status)
    os._exit(status if status >= 0 else 128 - status)


class Execution:
    """A command running in a node, and its output so far."""

    def __init__(self, inside: Inside, argv: Sequence[str], *, terminal: bool = False) -> None:
        self.argv = tuple(argv)
        self._began = time.monotonic()
        self._output: dict[Literal["out", "err"], Bounded] = {"out": Bounded(), "err": Bounded()}
        self._sources: dict[int, Literal["out", "err"]] = {}
        self._problem = self._start_on_terminal(inside) if terminal else self._start_on_pipes(inside)
        for fd in self._sources:
            os.set_blocking(fd, False)
        self._pidfd = os.pidfd_open(self._process.pid) if self._problem is None else -1

    def _start_on_pipes(self, inside: Inside) -> str | None:
        ends = (*os.pipe2(os.O_CLOEXEC), *os.pipe2(os.O_CLOEXEC))
        self._sources = {ends[0]: "out", ends[2]: "err"}
        return self._start(inside, (subprocess.DEVNULL, ends[1], ends[3]), terminal=False)

    def _start_on_terminal(self, inside: Inside) -> str | None:
        person, command = inside.open_terminal()
        self._sources = {person: "out"}
        return self._start(inside, (command, command, command), terminal=True)

    def _start(self, inside: Inside, stdio: tuple[int, int, int], *, terminal: bool) -> str | None:
        """Start the command; why that is impossible, in words."""
        try:
            self._process = inside.start(self.argv, stdio, terminal=terminal)
        except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
            return f"{self.argv[0]}: {os.strerror(error.errno or 0)}"
        else:
            return None
        finally:
            for fd in {*stdio} - {subprocess.DEVNULL}:
                os.close(fd)

    @property
    def silent(self) -> bool:
        """Whether it has printed nothing yet."""
        return self._printed == 0

    @property
    def _printed(self) -> int:
        return sum(output.total for output in self._output.values())

    def read(self, deadline: float, *, first: bool = False) -> bool:
        """Take in output until the command has ended (True), the ``deadline`` is over or, ``first``, there is any."""
        while self._problem is None:
            if first and not self.silent:
                return False
            left = deadline - time.monotonic()
            ready = select.select([self._pidfd, *self._sources], [], [], max(left, 0))[0]
            for fd in [fd for fd in ready if fd != self._pidfd]:
                self._take(fd)
            if self._pidfd in ready:
                break
            if left <= 0:
                return False
        for fd in list(self._sources):
            self._take(fd)
        return True

    def read_until_quiet(self, quiet_s: float, within_s: float) -> None:
        """Take in output until there has been none for ``quiet_s`` seconds."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            before = self._printed
            if self.read(time.monotonic() + quiet_s) or self._printed == before:
                return

    def _take(self, fd: int) -> None:
        """What can be read without waiting, in bounds: a child in the background may keep the other end open."""
        for _ in range(MOST_READS):
            try:
                data = os.read(fd, 65536)
            except BlockingIOError:
                return
            except OSError:  # EIO: the last one on the other side of a terminal has gone
                data = b""
            self._output[self._sources[fd]].add(data)
            if not data:
                del self._sources[fd]
                os.close(fd)
                return

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command and its children, as a terminal does. An ended command is left alone."""
        if self._problem is None and self._process.poll() is None:
            for pid in children_of(self._process.pid):
                try:
                    os.killpg(pid, number)
                except ProcessLookupError:
                    continue

    def finish(self, timeout_s: float) -> Result:
        """Wait for the end, then the result. After ``timeout_s`` seconds the command is killed and reads as 124."""
        timed_out = not self.read(time.monotonic() + timeout_s)
        if timed_out:
            self.signal(signal.SIGKILL)
            self.read(time.monotonic() + 1)
        out, err = self._output["out"].text(), self._output["err"].text()
        duration_s = time.monotonic() - self._began
        if self._problem is not None:
            return Result(self.argv, CANNOT_RUN, "", f"{self._problem}\n", duration_s)
        return Result(self.argv, TIMED_OUT if timed_out else self._process.wait(), out, err, duration_s)

    def close(self) -> None:
        """Kill it if it still runs, and let go of everything; idempotent."""
        self.signal(signal.SIGKILL)
        for fd in self._sources:
            os.close(fd)
        self._sources = {}
        if self._problem is None and self._pidfd >= 0:
            self._process.wait()
            os.close(self._pidfd)
            self._pidfd = -1

    def __enter__(self) -> Execution:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def children_of(pid: int) -> list[int]:
    """The children of a process, as the host numbers them."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []

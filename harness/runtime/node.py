"""A network namespace as a Node: commands, files, netlink and sockets, for a node that anybody may have started."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from signal import SIGKILL
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from droplab.harness.contracts.node import Result
from droplab.harness.errors import CommandFailed, MachineLacks, NodeLost
from droplab.harness.runtime.namespaces import inside_netns, netns_cookie, netns_socket

if TYPE_CHECKING:
    from pyroute2 import IPRoute

T = TypeVar("T")

TIMED_OUT, CANNOT_RUN = 124, 127
"""Exit statuses, as timeout(1) and a shell give them."""
SEARCHED_TOO = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where the tools of an administrator lie; a user's PATH often lacks them."""


def tool_path(environment: Mapping[str, str] | None = None) -> str:
    """The folders in which tools of the host are looked for."""
    own = (environment if environment is not None else os.environ).get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*own, *(folder for folder in SEARCHED_TOO if folder not in own)])


def find_tool(name: str) -> str | None:
    """The path of a tool of the host, or None when it is not installed."""
    return shutil.which(name, path=tool_path())


class NetnsNode:
    """The Node protocol on an open network namespace. It holds the namespace open until ``close``.

    ``netns`` is a path such as /proc/PID/ns/net or /run/netns/NAME. Raises NodeLost when it is not there.
    """

    def __init__(self, name: str, netns: str | Path, hosts: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.hosts: Mapping[str, str] = hosts or {}
        try:
            self._netns = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, ProcessLookupError) as error:
            raise NodeLost(f"node {name}: its network namespace {netns} is gone") from error
        self._routes: dict[int, IPRoute] = {}
        self._opening = threading.Lock()

    @property
    def netns_fd(self) -> int:
        """The open namespace, for calls that take one (IFLA_NET_NS_FD, setns). Owned by this object."""
        if self._netns < 0:
            raise NodeLost(f"node {self.name}: it was closed")
        return self._netns

    @cached_property
    def cookie(self) -> int:
        """SO_NETNS_COOKIE, the identity of the namespace. Raises OSError when it is no network namespace."""
        return netns_cookie(self.netns_fd)

    def is_at(self, netns: str | Path) -> bool:
        """Whether this very namespace is found at a path now."""
        try:
            with NetnsNode(self.name, netns) as now:
                return now.cookie == self.cookie
        except (NodeLost, OSError):
            return False

    def run(
        self, argv: Sequence[str], *, check: bool = True, timeout_s: float = 10, stdin: str | None = None
    ) -> Result:
        """Run a tool of the host in the network namespace; see the protocol."""
        if "/" not in argv[0] and find_tool(argv[0]) is None:
            raise MachineLacks(f"{argv[0]} is not installed; droplab doctor tells the package")
        entering = ["nsenter", f"--net=/proc/self/fd/{self.netns_fd}", "--", *argv]
        result = finish(spawn(entering, self.netns_fd, feeds=stdin is not None), tuple(argv), timeout_s, stdin)
        if check and result.returncode != 0:
            raise CommandFailed(f"{self.name}: {describe(result)}")
        return result

    def read(self, path: str) -> str:
        """The text of a file below /proc/net or /proc/sys/net; see the protocol."""
        return inside_netns(self.netns_fd, lambda: read_here(path))

    def inside(self, work: Callable[[], T]) -> T:
        """What ``work`` returns or raises, run in a throw-away thread inside the namespace."""
        return inside_netns(self.netns_fd, work)

    @property
    def netlink(self) -> IPRoute:
        """A route socket held open inside the namespace, one for each thread that asks."""
        me = threading.get_ident()
        with self._opening:
            held = self._routes.get(me)
            if held is None:
                held = self._routes[me] = self._open_route()
        return held

    def _open_route(self) -> IPRoute:
        from pyroute2 import IPRoute

        return IPRoute(fileno=self.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, socket.NETLINK_ROUTE).detach())

    def leave_thread(self) -> None:
        """Close the route socket of the calling thread, which may end: pyroute2's event loop is closed by none else."""
        if threading.current_thread() is not threading.main_thread():
            with self._opening:
                held = self._routes.pop(threading.get_ident(), None)
            if held is not None:
                held.close()

    def socket(self, family: int, kind: int, proto: int = 0) -> socket.socket:
        """A socket opened inside the namespace; see the protocol."""
        return netns_socket(self.netns_fd, family, kind, proto)

    def close(self) -> None:
        """Let go of the namespace; idempotent."""
        with self._opening:
            for held in self._routes.values():
                held.close()
            self._routes.clear()
            if self._netns >= 0:
                os.close(self._netns)
                self._netns = -1

    def __enter__(self) -> NetnsNode:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def read_here(path: str) -> str:
    """Read a file of /proc as the calling thread's network namespace has it."""
    prefix = "/proc/net/"
    own = f"/proc/thread-self/net/{path.removeprefix(prefix)}" if path.startswith(prefix) else path
    return Path(own).read_text(errors="replace")


def spawn(argv: Sequence[str], keep_fd: int, *, feeds: bool) -> subprocess.Popen[str]:
    """Start a tool in a session of its own, out of reach of the terminal's Ctrl-C."""
    return subprocess.Popen(
        argv,
        stdin=subprocess.PIPE if feeds else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        pass_fds=(keep_fd,),
        env={**os.environ, "PATH": tool_path(), "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], argv: tuple[str, ...], timeout_s: float, stdin: str | None) -> Result:
    """Wait for a tool; after ``timeout_s`` seconds kill it with its children, which reads as status 124."""
    began = time.monotonic()
    with process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout_s)
            returncode = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, SIGKILL)
            stdout, stderr = process.communicate()
            returncode = TIMED_OUT
        except BaseException:
            os.killpg(process.pid, SIGKILL)
            raise
    return Result(argv, returncode, stdout, stderr, time.monotonic() - began)


def describe(result: Result) -> str:
    """A failed command in one line: its words, exit status and last line of standard error."""
    said = (result.stderr.strip() or result.stdout.strip()).splitlines()
    return f"{result.words}: exit status {result.returncode}" + (f": {said[-1]}" if said else "")

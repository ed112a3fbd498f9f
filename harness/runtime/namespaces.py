"""The kernel's namespace calls that Python 3.11 lacks, and the two ways to use a namespace without entering it.

A thread that entered a namespace is never used again: work inside a namespace happens in a thread that ends with it.
What was opened there (a socket, a file) stays in that namespace for life and may be used from anywhere.
"""

from __future__ import annotations

import ctypes
import os
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
CLONE_FS = 0x00000200

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18

MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
SO_NETNS_COOKIE = 71

PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217}

T = TypeVar("T")

libc = ctypes.CDLL(None, use_errno=True)


def checked(status: int, what: str) -> int:
    """``status``, or the OSError that errno holds when it is negative."""
    if status < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return status


def unshare(flags: int) -> None:
    """Leave shared namespaces for new ones. CLONE_NEWPID concerns the children that are forked afterwards."""
    checked(libc.unshare(flags), f"unshare {flags:#x}")


def setns(fd: int, flags: int = 0) -> None:
    """Enter the namespace that ``fd`` names, or with a pidfd all of the namespaces in ``flags``."""
    checked(libc.setns(fd, flags), f"setns {flags:#x}")


def mount(source: str | None, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """mount(2)."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    packed = None if data is None else os.fsencode(data)
    status = libc.mount(*words, ctypes.c_ulong(flags), packed)
    checked(status, f"mount {kind or source or ''} on {target}")


def bind(source: str, target: str, flags: int = 0) -> None:
    """Make ``source`` visible at ``target`` too, with exactly the mount flags ``flags`` (MS_RDONLY, MS_NOSUID, ...)."""
    mount(source, target, None, MS_BIND)
    mount(None, target, None, MS_REMOUNT | MS_BIND | flags)


def umount(target: str) -> None:
    """Take the mount at ``target`` away, at once for new users."""
    checked(libc.umount2(os.fsencode(target), MNT_DETACH), f"umount {target}")


def pivot_root(new_root: str) -> None:
    """Make the mount point ``new_root`` the root and let go of the old one, with everything mounted below it."""
    os.chdir(new_root)
    number = PIVOT_ROOT[os.uname().machine]
    checked(libc.syscall(ctypes.c_long(number), b".", b"."), f"pivot_root {new_root}")
    umount(".")
    os.chdir("/")


def sethostname(name: str) -> None:
    """sethostname(2), in the UTS namespace of the caller."""
    socket.sethostname(name)


def prctl(option: int, *arguments: int) -> None:
    """prctl(2) with whole numbers."""
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    checked(libc.prctl(option, *padded), f"prctl {option}")


def syscall(what: str, number: int, *arguments: object) -> int:
    """syscall(2), for the calls that have no function in libc."""
    return checked(libc.syscall(ctypes.c_long(number), *arguments), what)


def in_thread(work: Callable[[], T]) -> T:
    """What ``work`` returns or raises, run in a thread of its own that ends with it."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def call() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=call, name="inside a namespace")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def inside_netns(netns_fd: int, work: Callable[[], T]) -> T:
    """What ``work`` returns or raises, run in a throw-away thread inside the network namespace (about 0.1 ms)."""

    def call() -> T:
        setns(netns_fd, CLONE_NEWNET)
        return work()

    return in_thread(call)


def inside_mount_namespace(pidfd: int, work: Callable[[], T]) -> T:
    """What ``work`` returns or raises, run in a throw-away thread in the mount namespace and root of a process."""

    def call() -> T:
        unshare(CLONE_FS)
        setns(pidfd, CLONE_NEWNS)
        return work()

    return in_thread(call)


def netns_socket(netns_fd: int, family: int, kind: int, proto: int = 0) -> socket.socket:
    """A socket made inside the network namespace; it stays there for life and may be used from any thread."""
    return inside_netns(netns_fd, lambda: socket.socket(family, kind, proto))


def netns_cookie(netns_fd: int) -> int:
    """The identity of a network namespace: a number never given twice between two boots (Linux 5.14)."""
    with netns_socket(netns_fd, socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        return int.from_bytes(probe.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8), "little")

"""The listening sockets of a network namespace, and a hand on them from outside."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator

from droplab.harness.contracts.change import Argv

PIDFD_GETFD = 438  # its number on every architecture


def listing(port: int) -> Argv:
    """The command that tells who listens on a port; it knows the owners by their PIDs on this machine."""
    return ("ss", "-ltnpH", f"sport = :{port}")


def borrow(listed: str) -> Iterator[socket.socket]:
    """The sockets that ``listing`` named, each as a second descriptor for the same socket (pidfd_getfd(2)).

    Raises OSError when their owner has ended meanwhile, or when this process may not trace it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for owner in re.finditer(r'users:\(\("[^"]*",pid=(\d+),fd=(\d+)', listed):
        pid, fd = map(int, owner.groups())
        pidfd = os.pidfd_open(pid)
        try:
            taken = libc.syscall(PIDFD_GETFD, pidfd, fd, 0)
            if taken < 0:
                raise OSError(ctypes.get_errno(), f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
        finally:
            os.close(pidfd)
        with socket.socket(fileno=taken) as borrowed:
            yield borrowed


def own_listeners(port: int) -> list[socket.socket]:
    """The listeners of the network namespace that this program runs in; ends the program when there is none."""
    listed = subprocess.run(listing(port), capture_output=True, text=True, check=True).stdout
    found = [borrowed.dup() for borrowed in borrow(listed)]
    if not found:
        sys.exit(f"nothing listens on TCP port {port}")
    return found

"""Sysctls: every file below /proc/sys/net that belongs to the network namespace (about 680 for a node, 8 ms)."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
from collections.abc import Iterator

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.model import Section
from droplab.harness.engine.snapshot.normalise import SYSCTLS_SKIPPED, short
from droplab.harness.runtime.namespaces import inside_netns

ROOT = "/proc/sys/net"
LARGEST = 1 << 16
SIOCGSKNS = 0x894C  # the network namespace of a socket, as a file descriptor


def sysctls(node: Node) -> Section:
    """Folder, as ``net.ipv4.conf.eth0``, to the files in it and what they hold."""
    with node.socket(socket.AF_INET, socket.SOCK_DGRAM) as inside:
        netns = fcntl.ioctl(inside, SIOCGSKNS)
    try:
        return inside_netns(netns, lambda: dict(_walk(ROOT, "net")))
    finally:
        os.close(netns)


def _walk(path: str, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    values: dict[str, str] = {}
    try:
        with os.scandir(path) as entries:
            found = list(entries)
    except FileNotFoundError:  # its interface is gone meanwhile
        return
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{name}.{entry.name}")
        elif entry.name not in SYSCTLS_SKIPPED and (value := _read(entry.path)) is not None:
            values[entry.name] = value
    if values:
        yield name, values


def _read(path: str) -> str | None:
    """None for a file that this namespace may not both read and write."""
    try:
        fd = _opened(path)
    except (PermissionError, FileNotFoundError):
        return None
    try:
        return short(" ".join(os.read(fd, LARGEST).decode(errors="replace").split()))
    except OSError:  # its interface is gone meanwhile, or the kernel has no value to show
        return None
    finally:
        os.close(fd)


def _opened(path: str) -> int:
    """Opened for both, never written; in a container, whose /proc/sys is read-only, the mode tells."""
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.EROFS or not os.stat(path).st_mode & stat.S_IWUSR:  # noqa: PTH116 (of 600 files)
            raise PermissionError(path) from error
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)

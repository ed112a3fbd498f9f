"""What docker cannot give a container: a writable /proc/sys/net, ordinary files in /etc, and the lab's files.

A thread enters the container's mount and network namespaces and makes system calls there; no program of the image
runs with the host's rights. To be done again after each start of a container.
"""

from __future__ import annotations

import os
from pathlib import Path

from droplab.harness.definition.lab import NodeFile
from droplab.harness.errors import NodeLost
from droplab.harness.runtime.namespaces import (
    CLONE_NEWNET,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    bind,
    inside_mount_namespace,
    setns,
    umount,
)

SYSCTLS = "/proc/sys/net"
MOUNTED_BY_DOCKER = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
"""As mounts from outside they could not be replaced (sed -i), and no snapshot would see them change."""


def furnish(pid: int, files: tuple[NodeFile, ...]) -> None:
    """Prepare the container of ``pid`` from outside, about 3 ms; its services have not started. Raises NodeLost."""
    try:
        pidfd = os.pidfd_open(pid)
        try:
            inside_mount_namespace(pidfd, lambda: _prepare(pidfd, files))
        finally:
            os.close(pidfd)
    except OSError as error:
        raise NodeLost(f"the container of process {pid} could not be prepared: {error}") from error


def _prepare(pidfd: int, files: tuple[NodeFile, ...]) -> None:
    setns(pidfd, CLONE_NEWNET)  # which /proc/sys/net is mounted depends on who asks
    bind(SYSCTLS, SYSCTLS, MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for path in MOUNTED_BY_DOCKER:
        umount(path)
    for file in files:
        _write(file)


def _write(file: NodeFile) -> None:
    path = Path(file.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.content)
    path.chmod(file.mode)

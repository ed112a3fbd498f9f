"""The cgroup that limits the processor time of a node, in either version of cgroups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from droplab.harness.contracts.node import Node
from droplab.harness.errors import MachineLacks, UsageError


@dataclass(frozen=True)
class CpuCgroup:
    """A folder below /sys/fs/cgroup, and the version of its hierarchy."""

    folder: str
    version: int

    def throttled(self) -> int:
        """In how many periods its processes were stopped because the quota was used up (nr_throttled)."""
        words = Path(self.folder, "cpu.stat").read_text().split()
        return int(words[words.index("nr_throttled") + 1])


def cpu_cgroup(node: Node) -> CpuCgroup:
    """The cgroup of the node's init.

    Raises UsageError for a node without a process of its own, MachineLacks when others share its cgroup: to limit that
    one would slow down the machine.
    """
    pid = getattr(node, "pid", None)
    if pid is None:
        raise UsageError(f"{node.name}: its processor time can be limited only where its processes are known")
    path, version = _path(pid)
    folder = Path(_mounted(version), path[1:])
    limit = folder / ("cpu.max" if version == 2 else "cpu.cfs_quota_us")
    if (path, version) == _path("self") or not limit.is_file():  # the root has no limit either
        raise MachineLacks(f"{node.name}: it has no cgroup of its own for processor time on this machine and runtime")
    return CpuCgroup(str(folder), version)


def _path(pid: int | str) -> tuple[str, int]:
    """The cgroup of a process that counts for processor time, and the version of its hierarchy."""
    unified = "/"
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return path, 1
        if not controllers:
            unified = path
    return unified, 2


def _mounted(version: int) -> str:
    """Where the hierarchy is mounted. Raises MachineLacks."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, more = line.partition(" - ")
        kind, _, options = more.split(" ", 2)
        if (kind == "cgroup2") if version == 2 else (kind == "cgroup" and "cpu" in options.split(",")):
            return fields.split()[4]
    raise MachineLacks(f"no hierarchy of cgroups (version {version}) that limits processor time is mounted")


@dataclass(frozen=True)
class Throttled:
    """A trace: periods in which the node's processes were stopped by their quota."""

    label: str = "nr_throttled of the node's cgroup"
    scale: Literal["any"] = "any"

    def read(self, broken: Node, prober: Node) -> int:  # noqa: ARG002 (see Trace)
        """The count now, 0 where there is no such cgroup."""
        try:
            return cpu_cgroup(broken).throttled()
        except MachineLacks:
            return 0

"""A limit of processor time that is far too small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from droplab.faults.service._cpu_cgroup import CpuCgroup, Throttled, cpu_cgroup
from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node


class CpuQuota(Fault):
    """The node's processes may use very little processor time: once it is used up, all of them stand still.

    A container with a tight CPU limit. A single request is as fast as ever; under load the server stops for the rest of
    each period. The kernel answers SYNs and pings all the while: the network is well, and nothing is lost.
    """

    needs: ClassVar = ("sh",)
    symptom: ClassVar = (
        "Under load, requests stall for up to a second and some time out; SYN and ping are fast throughout."
    )
    evidence: ClassVar = (
        "cpu.stat of the node's cgroup: nr_throttled and throttled_time grow. Any command in the node takes far longer "
        "(time: real) than it works (user, sys)."
    )
    lookalike: ClassVar = (
        "A stopped worker: ps says T, and it never goes on. A delay on the network: ping is slow as well. "
        "A busy machine: user and sys are as long as real."
    )
    remedy: ClassVar = (
        "Raise or take away the quota: cpu.max (version 2), cpu.cfs_quota_us (version 1), docker update --cpus."
    )
    look: ClassVar = ("bash -c 'time -p for _ in {1..10}; do bash -c :; done'", r"^real +[1-9]")
    looks_like: ClassVar = LooksLike("stopped_worker")

    cpus: float = Field(default=0.005, ge=0.001, le=64, description="processors that the node may use, 0.005 is 0.5 %")
    period_ms: int = Field(default=1000, ge=1, le=1000, description="milliseconds in which the share must suffice")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.quota_us < 1000:
            raise ValueError(f"{self.cpus} of {self.period_ms} ms is below the least quota, 1 ms; use a longer period")
        return self

    @property
    def quota_us(self) -> int:
        """Microseconds of processor time in each period."""
        return round(self.cpus * self.period_ms * 1000)

    def plan(self, node: Node) -> Change:
        """Write the quota into the node's own cgroup; undoing writes what was there."""
        return self.limited(node, cpu_cgroup(node))

    def limited(self, node: Node, group: CpuCgroup) -> Change:
        """The change of one cgroup."""
        period_us = str(self.period_ms * 1000)
        if group.version == 2:
            return _written(node, {f"{group.folder}/cpu.max": f"{self.quota_us} {period_us}"})
        quota, period = f"{group.folder}/cpu.cfs_quota_us", f"{group.folder}/cpu.cfs_period_us"
        return _written(node, {quota: str(self.quota_us), period: period_us})

    def signature(self) -> Signature:
        """Of many requests one after another some stall; the kernel's own handshakes do not."""
        return Signature(
            trigger=ProbeSpec("http", "outcome", {"count": 400, "timeout_s": 0.2}),
            symptom="changes",
            becomes=("no_response", "stalled_body"),
            traces=(Throttled(),),
            spared=ProbeSpec("syn", "loss", {"count": 300}),
        )


def _written(node: Node, wanted: Mapping[str, str]) -> Change:
    """The last file is written first; the first one tells whether the limit is there, and is put back first."""
    was = {file: node.run(("cat", file)).stdout.strip() for file in wanted}
    file, value = next(iter(wanted.items()))
    return Change(
        apply=tuple(_write(text, path) for path, text in reversed(list(wanted.items()))),
        present=Question(("cat", file), rf"^{value}$"),
        revert=tuple(_write(text, path) for path, text in was.items()),
        original=Question(("cat", file), rf"^{was[file]}$"),
    )


def _write(value: str, file: str) -> Argv:
    return ("sh", "-c", f"echo {value} >{file}")

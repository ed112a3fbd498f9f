from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from droplab.faults.service._cpu_cgroup import CpuCgroup, cpu_cgroup
from droplab.faults.service.cpu_quota import CpuQuota
from droplab.harness.errors import MachineLacks, UsageError

from .answers import Answers, words


@dataclass
class Running(Answers):
    """A node with an init."""

    pid: int = os.getpid()


def test_version_1() -> None:
    node = Answers({"cat /c/cpu.cfs_quota_us": "-1\n", "cat /c/cpu.cfs_period_us": "100000\n"})
    change = CpuQuota().limited(node, CpuCgroup("/c", 1))
    assert words(change) == (
        ["sh -c 'echo 1000000 >/c/cpu.cfs_period_us'", "sh -c 'echo 5000 >/c/cpu.cfs_quota_us'"],
        ["sh -c 'echo -1 >/c/cpu.cfs_quota_us'", "sh -c 'echo 100000 >/c/cpu.cfs_period_us'"],
    )
    assert change.original is not None
    assert change.original.holds(node)
    assert not change.present.holds(node)


def test_version_2() -> None:
    node = Answers({"cat /c/cpu.max": "max 100000\n"})
    change = CpuQuota(cpus=0.05, period_ms=100).limited(node, CpuCgroup("/c", 2))
    assert words(change) == (["sh -c 'echo 5000 100000 >/c/cpu.max'"], ["sh -c 'echo max 100000 >/c/cpu.max'"])
    assert change.present.holds(Answers({"cat /c/cpu.max": "5000 100000\n"}))


def test_a_cgroup_that_others_share_is_never_limited() -> None:
    with pytest.raises(MachineLacks, match="of its own"):
        cpu_cgroup(Running())


def test_a_namespace_without_processes_is_refused() -> None:
    with pytest.raises(UsageError, match="only where its processes are known"):
        cpu_cgroup(Answers())


@pytest.mark.parametrize(
    "parameters", [{"cpus": 0.0005}, {"cpus": 65.0}, {"period_ms": 0}, {"period_ms": 1001}, {"period_ms": 100}]
)
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CpuQuota.model_validate(parameters)

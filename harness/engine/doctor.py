"""What this machine can do, asked of the machine itself, and how to get the rest."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from droplab.harness.runtime.node import find_tool, tool_path
from droplab.harness.runtime.packages import PACKAGES
from droplab.harness.runtime.rootless import CANNOT, TRIAL

State = Literal["yes", "no", "partly"]


@dataclass(frozen=True)
class Finding:
    """One line of doctor's answer. ``vital`` when no lab runs without it."""

    area: str
    name: str
    state: State
    detail: str
    remedy: str = ""
    vital: bool = False


@dataclass(frozen=True)
class Feature:
    """A kernel feature, tried in a network namespace that is thrown away."""

    name: str
    argv: tuple[str, ...]
    serves: str
    module: str


def _rule(*match: str) -> tuple[str, ...]:
    return ("iptables", "-A", "INPUT", *match)


def _qdisc(*words: str) -> tuple[str, ...]:
    return ("tc", "qdisc", "add", "dev", "lo", *words)


def _link(*words: str) -> tuple[str, ...]:
    return ("ip", "link", "add", *words)


RANDOM = _rule("-m", "statistic", "--mode", "random", "--probability", "0.1", "-j", "DROP")
INVALID = _rule("-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP")
TBF = _qdisc("root", "tbf", "rate", "1mbit", "burst", "1600", "limit", "3000")
FEATURES = (
    Feature("veth", _link("tried0", "type", "veth", "peer", "name", "tried1"), "every lab", "veth"),
    Feature("bridge", _link("tried0", "type", "bridge"), "every lab", "bridge"),
    Feature("random and n-th DROP", RANDOM, "iptables_drop", "xt_statistic"),
    Feature("connection tracking", INVALID, "conntrack_full", "nf_conntrack, xt_conntrack"),
    Feature("nftables", ("nft", "add", "table", "inet", "t"), "the snapshot", "nf_tables"),
    Feature("netem", _qdisc("root", "netem", "delay", "1ms"), "loss, delay and rate on links", "sch_netem"),
    Feature("tbf", TBF, "rate on links without netem", "sch_tbf"),
    Feature("clsact", _qdisc("clsact"), "loss on links without netem", "sch_ingress, cls_bpf"),
    Feature("nfqueue", _rule("-j", "NFQUEUE", "--queue-num", "7"), "delay on links without netem", "xt_NFQUEUE"),
)

VITAL = ("veth", "bridge")


def examine() -> Iterator[Finding]:
    """Every finding, in the order of a reader's questions. Features are only tried by root."""
    root = os.geteuid() == 0
    yield _rights(root=root)
    yield from _tools()
    if root:
        yield from _features()
    yield _cgroups()
    yield from _docker()


def _rights(*, root: bool) -> Finding:
    remedy = "run droplab with sudo"
    if root or subprocess.run(TRIAL, capture_output=True, check=False).returncode:
        return Finding("rights", "root", "yes" if root else "no", "", remedy, vital=True)
    return Finding("rights", "root", "partly", CANNOT, remedy, vital=True)


def _tools() -> Iterator[Finding]:
    for tool, package in PACKAGES.items():
        found = find_tool(tool) is not None
        yield Finding(
            "tool", tool, "yes" if found else "no", "", f"apt-get install {package}", vital=tool in ("ip", "nsenter")
        )


def _features() -> Iterator[Finding]:
    for feature in FEATURES:
        try:
            done = subprocess.run(
                ("unshare", "--net", *feature.argv),
                capture_output=True,
                text=True,
                timeout=10,
                check=False,
                env={**os.environ, "PATH": tool_path()},
            )
            works, words = done.returncode == 0, next(iter(done.stderr.strip().splitlines()), "")
        except OSError as error:
            works, words = False, str(error)
        remedy = f"a kernel with {feature.module} (modprobe; on Debian's cloud kernels: linux-image-amd64)"
        detail = f"for {feature.serves}" + (f": {words}" if words and not works else "")
        yield Finding("kernel", feature.name, "yes" if works else "no", detail, remedy, vital=feature.name in VITAL)


def _cgroups() -> Finding:
    from droplab.harness.runtime.cgroups import limits_available

    works = limits_available()
    return Finding(
        "limits",
        "pids and memory per node",
        "yes" if works else "no",
        "a fork bomb in a node stays in the node" if works else "nodes run without limits",
        "run where cgroups are writable (not in an unprivileged container)",
    )


def _docker() -> Iterator[Finding]:
    from droplab.harness.runtime.docker_ready import daemon_lacks, image_lacks

    without = daemon_lacks()
    yield Finding("docker", "daemon", "no" if without else "yes", "", without or "")
    if not without:
        without = image_lacks()
        yield Finding("docker", "image", "no" if without else "yes", "", without or "")
    if find_tool("docker") is None:
        yield Finding(
            "docker", "docker command", "no", "for `droplab shell` in docker nodes", "apt-get install docker.io"
        )

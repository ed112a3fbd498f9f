"""The parts of the kill sweep, by the ground that each needs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .accidents import argv_of, full_disk, kill_init, kill_node, lost_part, remove_container
from .controls import controls
from .fingerprint import Fingerprint, Ground
from .kill_sweep import Sweep, kill_watchdogs, remediate_all, tear_run_files
from .neighbour import NAME, neighbour, node_pid
from .tally import Tally
from .victim import DROPLAB

HOST_LAB = Path(__file__).with_name("host_lab")


@dataclass(frozen=True)
class Size:
    """How much is done: random kills, and runs side by side."""

    kills: int
    at_once: int
    seed: int


def on_netns(ground: Ground, size: Size) -> Iterator[Tally]:
    """Lab 48 on the embedded runtime, beside a live neighbour."""
    beside = Tally("the live neighbour")
    with neighbour("netns", beside):
        before = ground.fingerprint()
        yield controls(ground, before)
        run = Sweep(ground, before, argv_of(ground), size.at_once)
        yield run.every_step("run 48, every step")
        yield Sweep(ground, before, argv_of(ground), 1, tear_run_files).every_step("run 48, every step, line torn")
        yield run.random_moments("run 48, random moments", size.kills, size.seed)
        yield from _around(ground, before, size)
        yield lost_part(ground, before, "the lab's init killed", kill_init)
        yield lost_part(ground, before, "a node's init killed", kill_node)
    yield beside
    yield full_disk(ground, argv_of(ground), "run 48, disk full")


def _around(ground: Ground, before: Fingerprint, size: Size) -> Iterator[Tally]:
    """Starting a lab, and a fault injected into a node of the neighbour."""
    start = (sys.executable, "-m", "tests.trust.starting", "netns")
    yield Sweep(ground, before, start, 1).every_step("start 48, every step")
    yield Sweep(ground, before, start, 1).random_moments("start 48, random moments", size.kills // 6, size.seed)
    target = f"pid:{node_pid(NAME, 'client')}"
    inject = (*DROPLAB, "inject", target, "iptables_drop", "protocol=tcp", "port=81")
    yield Sweep(ground, before, inject, 1).every_step("inject, every step", then=remediate_all)


def on_docker(ground: Ground, size: Size) -> Iterator[Tally]:
    """Lab 48 on docker, beside a live neighbour."""
    beside = Tally("the live neighbour (docker)")
    with neighbour("docker", beside):
        before = ground.fingerprint()
        yield controls(ground, before)
        run = Sweep(ground, before, argv_of(ground), size.at_once)
        yield run.every_step("run 48 on docker, every step")
        yield run.random_moments("run 48 on docker, random moments", size.kills, size.seed)
        start = (sys.executable, "-m", "tests.trust.starting", "docker")
        yield Sweep(ground, before, start, 1).every_step("start 48 on docker, every step")
        yield lost_part(ground, before, "a container removed under us", remove_container)
    yield beside


def on_host(ground: Ground, size: Size) -> Iterator[Tally]:
    """A run that lowers nf_conntrack_max of the machine itself, with the watchdog alive and killed."""
    before = ground.fingerprint()
    argv = (*DROPLAB, "run", str(HOST_LAB), "--runtime", "netns", "--allow-host", "--seed", "1")
    yield controls(ground, before)
    yield Sweep(ground, before, argv, 1).every_step("host scope, watchdog alive")
    yield Sweep(ground, before, argv, 1, kill_watchdogs).every_step("host scope, watchdog killed")
    yield Sweep(ground, before, argv, 1).random_moments("host scope, random moments", size.kills, size.seed)
    yield full_disk(ground, argv, "host scope, disk full")


PARTS = {"netns": on_netns, "docker": on_docker, "host": on_host}

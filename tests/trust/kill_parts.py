"""The parts of the kill sweep, by the ground that each needs."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from .accidents import argv_of, full_disk, kill_init, kill_node, lost_part, remove_container
from .controls import controls
from .fingerprint import Fingerprint, Ground
from .kill_sweep import Sweep, kill_watchdogs, remediate_all, tear_run_files
from .neighbour import NAME, neighbour, node_pid
from .tally import Tally
from .victim import DROPLAB

CONTROL = "control: things left on purpose"
HOST_LAB = Path(__file__).with_name("host_lab")


@dataclass(frozen=True)
class Size:
    """How much is done: random kills, and runs side by side."""

    kills: int
    at_once: int
    seed: int
    steps: tuple[int, ...] = ()
    """Only these steps, instead of every one."""


Parts = Generator[tuple[str, Callable[[str], Tally]], None, None]
"""Names, and what is to be done under that name."""


def on_netns(ground: Ground, size: Size) -> Parts:
    """Lab 48 on the embedded runtime, beside a live neighbour."""
    yield "disk full", lambda name: full_disk(ground, argv_of(ground), name)
    with neighbour("netns") as beside:
        before = ground.fingerprint()
        yield CONTROL, lambda name: controls(ground, before, name)
        run = Sweep(ground, before, argv_of(ground), size.at_once, steps=size.steps)
        torn = Sweep(ground, before, argv_of(ground), size.at_once, tear_run_files, size.steps)
        yield "run 48, every step", run.every_step
        yield "run 48, every step, line torn", torn.every_step
        yield "run 48, random moments", lambda name: run.random_moments(name, size.kills, size.seed)
        yield from _starting(ground, before, size, "netns")
        inject = (*DROPLAB, "inject", f"pid:{node_pid(NAME, 'nginx')}", "iptables_drop", "protocol=tcp", "port=81")
        injected = Sweep(ground, before, inject, 1)
        yield "inject, every step", lambda name: injected.every_step(name, remediate_all)
        yield "the lab's init killed", lambda name: lost_part(ground, before, name, kill_init)
        yield "a node's init killed", lambda name: lost_part(ground, before, name, kill_node)
        yield "the live neighbour", beside.judged


def _starting(ground: Ground, before: Fingerprint, size: Size, runtime: str) -> Parts:
    """Starting a lab: killed before it stands, it must not stay."""
    start = Sweep(ground, before, (sys.executable, "-m", "tests.trust.starting", runtime), 1, steps=size.steps)
    yield f"start 48 on {runtime}, every step", start.every_step
    yield f"start 48 on {runtime}, random", lambda name: start.random_moments(name, size.kills // 10, size.seed)


def on_docker(ground: Ground, size: Size) -> Parts:
    """Lab 48 on docker, beside a live neighbour."""
    with neighbour("docker") as beside:
        before = ground.fingerprint()
        yield CONTROL, lambda name: controls(ground, before, name)
        run = Sweep(ground, before, argv_of(ground), size.at_once, steps=size.steps)
        yield "run 48 on docker, every step", run.every_step
        yield "run 48 on docker, random moments", lambda name: run.random_moments(name, size.kills, size.seed)
        yield from _starting(ground, before, size, "docker")
        yield "a container removed under us", lambda name: lost_part(ground, before, name, remove_container)
        yield "the live neighbour (docker)", beside.judged


def on_host(ground: Ground, size: Size) -> Parts:
    """A run that lowers nf_conntrack_max of the machine itself, with the watchdog alive and killed."""
    before = ground.fingerprint()
    argv = (*DROPLAB, "run", str(HOST_LAB), "--runtime", "netns", "--allow-host", "--seed", str(size.seed))
    yield CONTROL, lambda name: controls(ground, before, name)
    alive = Sweep(ground, before, argv, 1, steps=size.steps)
    killed = Sweep(ground, before, argv, 1, kill_watchdogs, size.steps)
    yield "host scope, watchdog alive, every step", alive.every_step
    yield "host scope, watchdog killed, every step", killed.every_step
    yield "host scope, watchdog alive, random", lambda name: alive.random_moments(name, size.kills, size.seed)
    yield "host scope, disk full", lambda name: full_disk(ground, argv, name)


GROUNDS = {"netns": on_netns, "docker": on_docker, "host": on_host}


def sweep(kind: str, ground: Ground, size: Size, pattern: str) -> list[Tally]:
    """Do the parts on a ground whose name matches ``pattern``."""
    with closing(GROUNDS[kind](ground, size)) as parts:
        return [work(name) for name, work in parts if re.search(pattern, name)]

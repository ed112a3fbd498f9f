"""Many labs at once: all serve, one is broken and repaired while the others stay healthy, and what each one costs."""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from droplab.harness.definition.catalogue import find_lab
from droplab.harness.definition.lab import Lab
from droplab.harness.definition.loader import load
from droplab.harness.engine.clean import runtime_named
from droplab.harness.errors import DroplabError
from droplab.harness.runtime.contract import Lifetime, Provisioned

from .tally import say


@dataclass(frozen=True)
class Cost:
    """What one more lab cost when ``number`` stood: seconds, and MiB of the machine's memory per lab so far."""

    number: int
    start_s: float
    memory_mib: float


@dataclass(frozen=True)
class Outcome:
    """What was seen of so many labs at once."""

    costs: Sequence[Cost]
    stops_s: Sequence[float]
    descriptors: float
    """Open files of the harness for each lab."""
    wrong: Sequence[str]


class Crowd:
    """Labs of one definition, all standing at once."""

    def __init__(self, runtime: str) -> None:
        self.lab: Lab = load(find_lab("48"), seed=1)
        self.runtime = runtime_named(runtime)
        self.labs: list[Provisioned] = []

    def grow(self, number: int) -> list[Cost]:
        """Start labs until ``number`` stand."""
        free, costs = available_kib(), []
        while len(self.labs) < number:
            began = time.perf_counter()
            self.labs.append(self.runtime.provision(self.lab, f"crowd{len(self.labs):04}", Lifetime()))
            took = time.perf_counter() - began
            memory = (free - available_kib()) / 1024 / len(self.labs)
            costs.append(Cost(len(self.labs), took, memory))
            if len(self.labs) % 20 == 0:
                say(f"{len(self.labs)} labs, the last in {took * 1e3:.0f} ms")
        return costs

    def outcome(self, number: int) -> str:
        """What the page of one lab says to its own client."""
        return str(self.lab.probes["http"].probe.measure(self.labs[number].nodes["client"]).values["outcome"])

    def sick(self) -> list[int]:
        """The labs whose page is not served."""
        return [number for number in range(len(self.labs)) if self.outcome(number) != "ok"]

    def break_and_repair(self, number: int) -> list[str]:
        """Break one, look at all, repair it, look at all again; what was not as it must be."""
        server = self.labs[number].nodes["nginx"]
        use = self.lab.faults["small_mtu"]
        change = use.fault.plan(server)
        for argv in change.apply:
            change.run(server, argv)
        wrong = self.expect("one is broken", [number])
        for argv in change.revert:
            change.run(server, argv)
        return wrong + self.expect("it is repaired", [])

    def expect(self, when: str, sick: list[int]) -> list[str]:
        """What is wrong when these labs, and no others, should not serve."""
        found = self.sick()
        return [] if found == sick else [f"{when}: sick are {found}, not {sick}"]

    def stop(self) -> list[float]:
        """Stop them all, the last first; seconds for each."""
        took = []
        while self.labs:
            began = time.perf_counter()
            self.labs.pop().close()
            took.append(time.perf_counter() - began)
        return took


def crowd_of(number: int, runtime: str) -> Outcome:
    """Start so many, break one, stop all."""
    crowd, files = Crowd(runtime), _open_files()
    try:
        costs = crowd.grow(number)
        descriptors = (_open_files() - files) / number
        wrong = crowd.expect("all are fresh", [])
        say(f"{number} labs answer; one is broken")
        wrong += crowd.break_and_repair(number // 2)
    finally:
        stops = crowd.stop()
    return Outcome(costs, stops[::-1], descriptors, wrong)


def available_kib() -> int:
    """MemAvailable of /proc/meminfo."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def first_limit(room: int) -> tuple[int, str]:
    """Labs that stand when the harness may open ``room`` more files, and how the next one is refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    crowd = Crowd("netns")
    crowd.grow(1)  # what is opened once is open now
    resource.setrlimit(resource.RLIMIT_NOFILE, (_open_files() + room, hard))
    try:
        crowd.grow(1 + room)
        return len(crowd.labs) - 1, "never"
    except (DroplabError, OSError) as error:
        refused = f"{type(error).__name__}: {error}"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        stood = len(crowd.labs) - 1
        crowd.stop()
    return stood, refused


PROCESSES = 12
"""Of a lab 48, with room: keeper, lifelines, three inits, nginx and its worker, and what a person runs in it."""


def limits(outcome: Outcome) -> list[tuple[str, int]]:
    """What would end the growth, and at how many labs of one harness, the nearest first."""
    ceilings = [
        ("open files of one harness (ulimit -n)", resource.getrlimit(resource.RLIMIT_NOFILE)[0], outcome.descriptors),
        ("memory", available_kib() / 1024, outcome.costs[-1].memory_mib),
        ("processes (kernel.pid_max)", _number("/proc/sys/kernel/pid_max"), PROCESSES),
        ("network namespaces (user.max_net_namespaces)", _number("/proc/sys/user/max_net_namespaces"), 3),
    ]
    return sorted(((what, int(most / each)) for what, most, each in ceilings if each > 0), key=lambda row: row[1])


def _number(path: str) -> int:
    return int(Path(path).read_text())

"""Lab 48 again and again while the machine is busy: how often is a verdict wrong, how often is there none?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from .tally import say
from .victim import droplab

SPIN = "while True: pass"


@dataclass(frozen=True)
class Run:
    """A run as its report tells it."""

    seed: int
    verdict: str
    duration_s: float
    why: str


def report(*, runs: int, at_once: int, first_seed: int, runtime: str) -> int:
    """Print how many of the runs passed, were inconclusive or wrong; 1 when one was wrong."""
    with _busy_cores(), ThreadPoolExecutor(at_once) as pool:
        found = list(pool.map(lambda seed: _run(seed, runtime), range(first_seed, first_seed + runs)))
    verdicts = Counter(run.verdict for run in found)
    times = sorted(run.duration_s for run in found)
    wrong = [run for run in found if run.verdict not in ("pass", "inconclusive")]
    print(
        f"{runs} runs of lab 48 on {runtime}, seeds {first_seed} to {first_seed + runs - 1}, {at_once} at once, "
        f"{os.cpu_count()} cores kept busy: {len(wrong)} wrong, {verdicts['inconclusive']} inconclusive, "
        f"{verdicts['pass']} pass; a run took {times[len(times) // 2]:.1f} s (median), {times[-1]:.1f} s (longest)"
    )
    for run in found:
        if run.verdict != "pass":
            print(f"  seed {run.seed}: {run.verdict}: {run.why}")
    return 1 if wrong else 0


@contextmanager
def _busy_cores() -> Iterator[None]:
    """A process that never waits on every core."""
    spinning = [
        subprocess.Popen(("taskset", "-c", str(core), sys.executable, "-c", SPIN)) for core in os.sched_getaffinity(0)
    ]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def _run(seed: int, runtime: str) -> Run:
    done = droplab("run", "48", "--runtime", runtime, "--seed", str(seed), "--json")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return Run(seed, f"exit status {done.returncode}", 0.0, done.stderr.strip()[-300:])
    say(f"seed {seed}: {told['verdict']} in {told['duration_s']:.1f} s")
    return Run(seed, told["verdict"], told["duration_s"], told["why"] or _not_passed(told))


def _not_passed(told: dict[str, list[dict[str, list[dict[str, str]]]]]) -> str:
    checks = [(phase["name"], check) for phase in told["phases"] for check in phase["checks"]]
    return "; ".join(
        f"{phase}: {check['probe']} {check['metric']}: expected {check['expected']}, observed {check['observed']}"
        for phase, check in checks
        if check["verdict"] != "pass"
    )

"""Runs killed at every step and at random moments, and whether the machine then looks as before."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from droplab.harness.engine.injection import detached
from droplab.harness.engine.runfile import folder, runs

from .fingerprint import Fingerprint, Ground
from .processes import running
from .tally import Tally, say
from .victim import DROPLAB, Victim, droplab

ALONE_S = 5.0
"""What a kill leaves goes by itself within so many seconds, or it is counted as left until clean."""
MOST_STEPS = 100


@dataclass(frozen=True)
class Sweep:
    """Kills runs of ``argv``, ``at_once`` side by side, on a ground whose fingerprint was ``before``."""

    ground: Ground
    before: Fingerprint
    argv: Sequence[str]
    at_once: int
    after_kills: Callable[[], None] = lambda: None
    """Done right after the last kill of those side by side: the watchdog is killed too, the run files are torn."""
    steps: tuple[int, ...] = ()
    """Only these steps, instead of every one."""

    def every_step(self, name: str, then: Callable[[], list[str]] = list) -> Tally:
        """Killed after each write and each applied command, until one gets through; ``then`` undoes what is to stay."""
        tally, through, pending = Tally(name), False, list(self.steps or range(1, MOST_STEPS))
        while pending and not through:
            steps, pending = pending[: self.at_once], pending[self.at_once :]
            say(f"{name}: steps {steps[0]} to {steps[-1]}")
            with ExitStack() as stack:
                victims = [stack.enter_context(Victim.after_step(self.argv, step)) for step in steps]
                for step, victim in zip(steps, victims, strict=True):
                    through |= self._ended(tally, step, victim)
                self.after_kills()
                tally.wrong += then()
                self._look(tally)
        return tally

    def _ended(self, tally: Tally, step: int, victim: Victim) -> bool:
        """Wait for its end: whether it got through."""
        status = victim.wait()
        if status == -signal.SIGKILL:
            tally.phases[f"step {step:02}"] += 1
        elif status != 0:
            tally.wrong.append(f"step {step}: exit status {status}: {victim.said()[-300:]}")
        return status == 0

    def random_moments(self, name: str, kills: int, seed: int) -> Tally:
        """Killed at moments spread evenly over the time that a run takes."""
        tally, chance = Tally(name), random.Random(seed)
        takes_s = self.calibrate(tally)
        while tally.kills < kills and len(tally.wrong) < kills:
            count = min(self.at_once, kills - tally.kills)
            say(f"{name}: {tally.kills} of {kills} kills, {len(tally.leftovers)} leftovers (a run: {takes_s:.1f} s)")
            moments = sorted(chance.uniform(0, takes_s) for _ in range(count))
            with ExitStack() as stack:
                victims = [stack.enter_context(Victim(self.argv)) for _ in moments]
                for moment, victim in zip(moments, victims, strict=True):
                    tally.phases[victim.kill_at(moment)] += 1
                self.after_kills()
                self._look(tally)
        return tally

    def calibrate(self, tally: Tally) -> float:
        """Seconds until the first of so many runs side by side is through; none is killed."""
        with ExitStack() as stack:
            victims = [stack.enter_context(Victim(self.argv)) for _ in range(self.at_once)]
            took = []
            for victim in victims:
                if victim.wait() != 0:
                    tally.wrong.append(f"not killed, but exit status {victim.process.returncode}: {victim.said()}")
                took.append(time.monotonic() - victim.began)
        return min(took)

    def _look(self, tally: Tally) -> None:
        """All are dead: what is left by itself, then after two cleans at once."""
        self.ground.remember()
        alone = self.ground.leftovers(self.before, without=("run files",), within_s=ALONE_S)
        tally.waited_for_clean += bool(alone)
        tally.wrong += clean_twice()
        left = self.ground.leftovers(self.before)
        for line in left:
            say(f"  left: {line[:300]}")
        tally.leftovers += left


def clean_twice() -> list[str]:
    """``droplab clean`` two times at once; what either complained of."""
    cleans = [
        subprocess.Popen((*DROPLAB, "clean"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    said = [(process.communicate(timeout=60)[0], process.returncode) for process in cleans]
    return [f"clean: exit status {status}: {words}" for words, status in said if status]


def remediate_all() -> list[str]:
    """Undo the faults that were injected to stay; what was left of them."""
    return [words for run in detached() for words in _remediated(run.id)]


def _remediated(run_id: str) -> list[str]:
    done = droplab("remediate", run_id)
    return [] if done.returncode == 0 else [done.stderr]


def kill_watchdogs() -> None:
    """SIGKILL for the watchdogs of this ground, whatever they have become meanwhile."""
    mark = f"DROPLAB_RUN_DIR={folder()}\0".encode()
    for process in running(mark):
        if "droplab-watchdog" in process.words or " clean --run" in process.words:
            os.kill(process.pid, signal.SIGKILL)


def tear_run_files() -> None:
    """Cut the last line of every dead run's file in half, as a write that was cut short would."""
    for run in runs():
        if not run.alive:
            lines = run.path.read_bytes().splitlines(keepends=True)
            with run.path.open("ab") as file:
                file.truncate(sum(map(len, lines[:-1])) + len(lines[-1]) // 2)

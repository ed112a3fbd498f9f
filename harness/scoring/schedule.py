"""Which trials are still to be run, and running them, several at once if asked for."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from droplab.harness.runtime.namespaces import PR_SET_PDEATHSIG, prctl
from droplab.harness.scoring.cases import Case
from droplab.harness.scoring.tool import Tool
from droplab.harness.scoring.trial import Outcome, run_trial


@dataclass(frozen=True)
class Trial:
    """One case, once, with the tools that have not been tried on it yet."""

    case: Case
    repeat: int
    tools: tuple[Path, ...]


def pending(tools: Sequence[Tool], cases: Sequence[Case], repeat: int, done: Iterable[Outcome]) -> list[Trial]:
    """What is left: every case once before any case twice, so that a run that is cut short has seen the most."""
    have = {(outcome.tool, outcome.case, outcome.repeat) for outcome in done}
    left = []
    for number in range(1, repeat + 1):
        for case in cases:
            missing = tuple(tool.path for tool in tools if (tool.name, case.id, number) not in have)
            if missing:
                left.append(Trial(case, number, missing))
    return left


def run(trials: Sequence[Trial], seed: int, runtime: str, jobs: int) -> Iterator[list[Outcome]]:
    """The outcomes of each trial as soon as it is done. With ``jobs`` above 1, in processes of their own."""
    if jobs == 1:
        for trial in trials:
            yield perform(trial, seed, runtime)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_end_with_parent) as pool:
        waiting = {pool.submit(perform, trial, seed, runtime) for trial in trials}
        try:
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        finally:
            for future in waiting:
                future.cancel()


def _end_with_parent() -> None:
    """A worker, and with it its lab, ends when the process that asked for it does (prctl(2), PR_SET_PDEATHSIG)."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def perform(trial: Trial, seed: int, runtime: str) -> list[Outcome]:
    """One trial. Its own seed follows from the run's and from how often the case was tried."""
    from droplab.harness.scoring.tool_loader import load_tool

    tools = [load_tool(path) for path in trial.tools]
    return run_trial(trial.case, tools, trial.repeat, seed + trial.repeat, runtime)

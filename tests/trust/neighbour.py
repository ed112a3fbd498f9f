"""A started lab that lives beside a sweep and must not notice it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from droplab.harness.engine.runfile import last
from droplab.harness.engine.started import find

from .tally import Tally
from .victim import droplab

NAME = "neighbour"


class Neighbour:
    """Lab 48, started and broken."""

    def judged(self, name: str) -> Tally:
        """``check`` must still find it broken in its own way, and nothing else."""
        tally = Tally(name)
        told = droplab("check", NAME, "--json")
        judged = json.loads(told.stdout) if told.stdout else {"verdict": told.stderr, "changes": [], "causes": []}
        if judged["verdict"] != "broken" or judged["changes"] or len(judged["causes"]) != 3:
            tally.wrong.append(f"the neighbour was touched: {judged}")
        return tally


@contextmanager
def neighbour(runtime: str) -> Iterator[Neighbour]:
    """Start it, and stop it."""
    started = droplab("start", "48", "--name", NAME, "--runtime", runtime, "--seed", "1", "--ttl", "2h")
    if started.returncode:
        raise RuntimeError(f"the neighbour does not start: {started.stderr[-500:]}")
    try:
        yield Neighbour()
    finally:
        stopped = droplab("stop", NAME)
        if stopped.returncode:
            raise RuntimeError(f"the neighbour does not stop: {stopped.stderr}")


def node_pid(name: str, node: str) -> int:
    """The PID of a node's init in a running lab."""
    return int(last(find(name).records, "live")["nodes"][node]["pid"])

"""How labs end: with the process that runs them, by the clock, or when they are told to."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import IO, Any

import pytest

from droplab.harness.errors import NodeLost
from droplab.harness.runtime.contract import Lifetime
from tests.runtimes.bed import OTHER, RUN, Bed
from tests.runtimes.labs import two_nodes
from tests.waiting import gone_within

ROOT = Path(__file__).parents[2]

FOREGROUND = textwrap.dedent("""
    import json, sys, time
    from tests.runtimes.bed import Bed
    print("starting", flush=True)
    live = Bed(sys.argv[1]).foreground(run_id=sys.argv[2])
    print(json.dumps(live.record()), flush=True)
    time.sleep(60)
""")


def harness(bed: Bed) -> subprocess.Popen[str]:
    """A process that runs a lab in the foreground."""
    return subprocess.Popen(
        [sys.executable, "-c", FOREGROUND, bed.name, RUN],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        stderr=subprocess.DEVNULL,
    )


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_a_killed_harness_leaves_nothing(bed: Bed) -> None:
    process = harness(bed)
    assert line_of(process) == "starting"
    record = json.loads(line_of(process))
    kill(process)
    assert gone_within(10, lambda: bed.left(record=record))
    assert bed.runtime.destroy(record) == []


@pytest.mark.parametrize("delay_s", [0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3])
def test_a_harness_killed_while_it_starts_leaves_what_destroy_removes(bed: Bed, delay_s: float) -> None:
    process = harness(bed)
    assert line_of(process) == "starting"
    time.sleep(delay_s)
    kill(process)
    assert bed.runtime.destroy({"runtime": bed.name, "run_id": RUN}) == []
    assert gone_within(10, bed.left)


class Lock:
    """A locked file as a run file is, and whether anybody still holds the lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handle: IO[str] = path.open("w")
        fcntl.flock(self.handle, fcntl.LOCK_EX)

    def held(self) -> bool:
        with self.path.open() as other:
            try:
                fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


def start(bed: Bed, tmp_path: Path, ttl_s: float, at_end: tuple[str, ...] = ()) -> tuple[Lock, dict[str, Any]]:
    """A started lab whose starter has let go of it."""
    lock = Lock(tmp_path / "lock")
    live = bed.runtime.provision(two_nodes(), RUN, Lifetime(ttl_s, lock.handle.fileno(), at_end))
    record = json.loads(json.dumps(live.record()))
    live.close()
    lock.handle.close()
    return lock, record


def holder(record: dict[str, Any]) -> int:
    """The process whose end is the end of a started lab."""
    return int(record["init" if record["runtime"] == "netns" else "switch"]["pid"])


def test_a_started_lab_survives_its_starter_until_it_is_destroyed(bed: Bed, tmp_path: Path) -> None:
    lock, record = start(bed, tmp_path, 600)
    try:
        assert lock.held()
        live = bed.runtime.reopen(two_nodes(), record)
        assert live.nodes["client"].exec(["curl", "-s", "-o", "/dev/null", "http://nginx/"]).returncode == 0
        live.close()
        assert lock.held()
    finally:
        residue = bed.runtime.destroy(record)
    assert residue == []
    assert not lock.held()
    assert bed.left(record=record) == []
    with pytest.raises(NodeLost):
        bed.runtime.reopen(two_nodes(), record)


def test_a_started_lab_ends_by_the_clock(bed: Bed, tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    lock, record = start(bed, tmp_path, 3, ("touch", str(ended)))
    try:
        assert gone_within(10, lambda: not ended.exists())
        assert gone_within(5, lock.held)
    finally:
        assert bed.runtime.destroy(record) == []


def test_a_started_lab_whose_holder_dies_ends_at_once(bed: Bed, tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    lock, record = start(bed, tmp_path, 600, ("touch", str(ended)))
    try:
        os.kill(holder(record), signal.SIGKILL)
        assert gone_within(5, lambda: not ended.exists())
        assert gone_within(5, lock.held)
    finally:
        assert bed.runtime.destroy(record) == []


def test_a_started_lab_whose_keeper_was_killed_lets_go_of_its_lock(bed: Bed, tmp_path: Path) -> None:
    lock, record = start(bed, tmp_path, 600)
    try:
        os.kill(record["keeper"]["pid"], signal.SIGKILL)
        assert gone_within(5, lock.held)
    finally:
        assert bed.runtime.destroy(record) == []
    assert gone_within(5, lambda: bed.left(record=record))


def test_a_node_that_was_killed_is_told_when_the_lab_is_opened(bed: Bed, tmp_path: Path) -> None:
    _, record = start(bed, tmp_path, 600)
    try:
        os.kill(record["nodes"]["nginx"]["pid"], signal.SIGKILL)
        assert gone_within(5, lambda: Path(f"/proc/{record['nodes']['nginx']['pid']}/ns/net").exists())
        with pytest.raises(NodeLost, match=r"nginx.*droplab reset"):
            bed.runtime.reopen(two_nodes(), record)
    finally:
        assert bed.runtime.destroy(record) == []


def test_destroy_leaves_neighbours_alone(bed: Bed, tmp_path: Path) -> None:
    _, record = start(bed, tmp_path, 600)
    bystander = subprocess.Popen(["sleep", "600"])
    reused = {"pid": bystander.pid, "began": 1}
    try:
        stranger = {"runtime": bed.name, "run_id": OTHER}
        assert bed.runtime.destroy(stranger) == []
        parts = {"nodes": {}, "keeper": reused, "switch": reused, "init": reused}
        assert bed.runtime.destroy({**stranger, **parts}) == []
        assert bystander.poll() is None
        live = bed.runtime.reopen(two_nodes(), record)
        assert [node.alive() for node in live.nodes.values()] == [True, True]
        live.close()
    finally:
        bystander.kill()
        bystander.wait()
        assert bed.runtime.destroy(record) == []


def test_a_lab_started_from_a_thread_outlives_the_thread(bed: Bed) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        live = pool.submit(bed.foreground).result()
    try:
        time.sleep(0.1)
        assert live.nodes["client"].exec(["true"]).returncode == 0
    finally:
        live.close()

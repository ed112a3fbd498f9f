"""How labs in containers end: with the process that runs them, by the clock, or when they are told to."""

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
from typing import IO, TYPE_CHECKING, Any

import pytest

from droplab.harness.errors import NodeLost
from droplab.harness.runtime.contract import Lifetime
from droplab.harness.runtime.docker import DockerRuntime
from droplab.harness.runtime.docker_container import host_id
from droplab.harness.runtime.docker_daemon import containers_of
from tests.docker.labs import two_nodes
from tests.docker.waiting import gone_within

if TYPE_CHECKING:
    from docker import APIClient

RUN = "0badcafe"
ROOT = Path(__file__).parents[2]

FOREGROUND = textwrap.dedent(f"""
    from droplab.harness.runtime.contract import Lifetime
    from droplab.harness.runtime.docker import DockerRuntime
    from tests.docker.labs import two_nodes
    import json, time
    print("starting", flush=True)
    live = DockerRuntime().provision(two_nodes(), "{RUN}", Lifetime())
    print(json.dumps(live.record()), flush=True)
    time.sleep(60)
""")


def harness() -> subprocess.Popen[str]:
    """A process that runs a lab in the foreground."""
    return subprocess.Popen([sys.executable, "-c", FOREGROUND], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_a_killed_harness_leaves_no_container(client: APIClient) -> None:
    process = harness()
    assert line_of(process) == "starting"
    record = json.loads(line_of(process))
    kill(process)
    assert gone_within(10, lambda: containers_of(client, RUN, host_id()))
    assert gone_within(5, lambda: Path(f"/proc/{record['switch']['pid']}").exists())
    assert DockerRuntime().destroy(record) == []


@pytest.mark.parametrize("delay_s", [0.0, 0.03, 0.1, 0.2, 0.3])
def test_a_harness_killed_while_it_starts_leaves_what_destroy_removes(client: APIClient, delay_s: float) -> None:
    process = harness()
    assert line_of(process) == "starting"
    time.sleep(delay_s)
    kill(process)
    assert DockerRuntime().destroy({"runtime": "docker", "run_id": RUN}) == []
    assert gone_within(10, lambda: containers_of(client, RUN, host_id()))


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


def start(tmp_path: Path, ttl_s: float, at_end: tuple[str, ...] = ()) -> tuple[Lock, dict[str, Any]]:
    """A started lab whose starter has let go of it."""
    lock = Lock(tmp_path / "lock")
    live = DockerRuntime().provision(two_nodes(), RUN, Lifetime(ttl_s, lock.handle.fileno(), at_end))
    record = json.loads(json.dumps(live.record()))
    live.close()
    lock.handle.close()
    return lock, record


def test_a_started_lab_survives_its_starter_until_it_is_destroyed(client: APIClient, tmp_path: Path) -> None:
    lock, record = start(tmp_path, 600)
    try:
        assert lock.held()
        live = DockerRuntime().reopen(two_nodes(), record)
        assert live.nodes["client"].exec(["curl", "-s", "-o", "/dev/null", "http://nginx/"]).returncode == 0
        live.close()
        assert lock.held()
    finally:
        residue = DockerRuntime().destroy(record)
    assert residue == []
    assert not lock.held()
    assert containers_of(client, RUN, host_id()) == []
    with pytest.raises(NodeLost):
        DockerRuntime().reopen(two_nodes(), record)


def test_a_started_lab_ends_by_the_clock(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    lock, record = start(tmp_path, 0.5, ("touch", str(ended)))
    try:
        assert gone_within(10, lambda: not ended.exists())
        assert gone_within(5, lock.held)
    finally:
        assert DockerRuntime().destroy(record) == []


def test_a_started_lab_whose_switch_dies_ends_at_once(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    lock, record = start(tmp_path, 600, ("touch", str(ended)))
    try:
        os.kill(record["switch"]["pid"], signal.SIGKILL)
        assert gone_within(5, lambda: not ended.exists())
        assert not lock.held()
    finally:
        assert DockerRuntime().destroy(record) == []


def test_destroy_leaves_a_neighbour_alone(client: APIClient, tmp_path: Path) -> None:
    _, record = start(tmp_path, 600)
    bystander = subprocess.Popen(["sleep", "600"])
    reused = {"pid": bystander.pid, "began": 1}
    try:
        assert DockerRuntime().destroy({"runtime": "docker", "run_id": "0badcaff"}) == []
        stranger = {"runtime": "docker", "run_id": "0badcaff", "nodes": {}, "keeper": reused, "switch": reused}
        assert DockerRuntime().destroy(stranger) == []
        assert bystander.poll() is None
        live = DockerRuntime().reopen(two_nodes(), record)
        assert [node.alive() for node in live.nodes.values()] == [True, True]
        live.close()
    finally:
        bystander.kill()
        bystander.wait()
        assert DockerRuntime().destroy(record) == []

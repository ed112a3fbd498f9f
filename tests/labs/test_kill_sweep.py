"""Nothing survives a kill: the short form of ``make trust``, and how a started lab ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from droplab.harness.definition.catalogue import Catalogue, find_lab
from droplab.harness.definition.loader import load
from droplab.harness.engine.clean import runtime_named
from droplab.harness.engine.workshop import Order, begin
from tests.trust.fingerprint import Ground
from tests.waiting import gone_within

ROOT = Path(__file__).parents[2]
SWEEP = (sys.executable, "-m", "tests.trust", "kill-sweep", "--quick")


def swept(ground: str, match: str, *steps: int) -> str:
    """What the sweep printed; it must find nothing left and nothing wrong."""
    words = ("--only", ground, "--match", match, "--steps", *map(str, steps))
    done = subprocess.run((*SWEEP, *words), cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_killed_runs_and_starts_on_netns_leave_nothing() -> None:
    said = swept("netns", "control|run 48, every|start 48 on netns, every|inject|neighbour", 3, 6, 13)
    assert "noticed 7" in said
    assert "step 13" in said


@pytest.mark.docker
def test_killed_runs_and_starts_on_docker_leave_nothing(docker_ready: None) -> None:
    assert "step 09" in swept("docker", "control|every step|neighbour", 3, 6, 9)


def test_a_killed_run_gives_the_machine_its_setting_back_with_the_watchdog_and_without() -> None:
    said = swept("host", "every step", 4, 5, 6)
    assert said.count("step 05 1") == 2


@pytest.mark.parametrize("runtime", ["netns", pytest.param("docker", marks=pytest.mark.docker)])
def test_a_lab_that_ends_by_the_clock_leaves_nothing(
    runtime: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if runtime == "docker":
        request.getfixturevalue("docker_ready")
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("DROPLAB_RUN_DIR", str(tmp_path / "run"))
    ground = Ground(tmp_path / "run", private=False, docker=runtime == "docker")
    order = Order(load(find_lab("48"), seed=1), "by-the-clock", 1.0, {})
    begin(order, runtime_named(runtime), Catalogue())
    ground.remember()
    assert gone_within(20, lambda: what_is_there(ground)), what_is_there(ground)


def what_is_there(ground: Ground) -> list[str]:
    """What there is of the ground's runs."""
    seen = ground.fingerprint()
    return [line for section in ("run files", "processes", "cgroups", "containers") for line in seen[section]]

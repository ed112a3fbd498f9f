"""Lab 48 for an ordinary user, without sudo; what cannot work then is said beforehand."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from droplab.harness.runtime.rootless import TRIAL
from tests.waiting import gone_within

ROOT = Path(__file__).parents[2]
NOBODY = 65534
AS_NOBODY = ("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--inh-caps=-all")
PROCESSES = 6
"""So many a run has when its lab stands: harness and parent, keeper, three inits."""
SEES_DROPLAB = "import droplab.harness.cli, yaml, click, pyroute2"


@dataclass(frozen=True)
class Person:
    """An ordinary user with an interpreter that this user may run, and a folder."""

    python: str
    home: Path

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
        own = {"HOME": str(self.home), "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(self.home)}
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **own}

    def start(self, *words: str) -> subprocess.Popen[str]:
        argv = (*AS_NOBODY, self.python, *words)
        return subprocess.Popen(
            argv, cwd="/", env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def droplab(self, *words: str) -> tuple[int, str, str]:
        """Status and both outputs."""
        with self.start("-m", "droplab", *words) as process:
            said, errors = process.communicate(timeout=120)
            return process.returncode, said, errors


@pytest.fixture
def person() -> Iterator[Person]:
    if subprocess.run((*AS_NOBODY, *TRIAL), capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces for ordinary users on this machine")
    home = Path("/tmp") / f"droplab-test-{os.getpid()}"
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    for python in (sys.executable, shutil.which("python3", path="/usr/bin") or ""):
        one = Person(python, home)
        try:
            with one.start("-c", SEES_DROPLAB) as trial:
                trial.communicate(timeout=60)
        except PermissionError:
            continue
        if trial.returncode == 0:
            break
    else:
        shutil.rmtree(home)
        pytest.skip("an ordinary user can run no interpreter that sees droplab")
    yield one
    shutil.rmtree(home)


def test_lab_48_passes_without_root(person: Person) -> None:
    status, said, errors = person.droplab("run", "48", "--seed", "1", "--json")
    report = json.loads(said)
    assert (status, report["verdict"], report["residue"]) == (0, "pass", []), report["why"] or errors
    assert [path.name for path in (person.home / f"droplab-{NOBODY}").iterdir()] == []


def test_a_kill_ends_it_all_and_a_signal_tears_it_down(person: Person) -> None:
    for number, status in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 130)):
        before = _of_nobody()
        with person.start("-m", "droplab", "run", "48", "--json") as process:
            assert gone_within(20, lambda before=before: len(_of_nobody() - before) < PROCESSES)  # type: ignore[misc]
            process.send_signal(number)
            process.communicate(timeout=60)
        assert process.returncode == status
        assert gone_within(5, lambda before=before: _of_nobody() - before)  # type: ignore[misc]


def _of_nobody() -> set[str]:
    found = subprocess.run(("pgrep", "-u", str(NOBODY)), capture_output=True, text=True, check=False).stdout
    return set(found.split())


def test_what_cannot_work_is_said(person: Person) -> None:
    status, said, _ = person.droplab("doctor", "--json")
    (rights,) = [row for row in json.loads(said) if row["area"] == "rights"]
    assert (status, rights["state"]) == (0, "partly")
    assert "no started labs" in rights["detail"]
    for words in (("run", "48", "--runtime", "docker"), ("start", "48"), ("inject", "pid:1", "mtu", "mtu=100")):
        status, _, errors = person.droplab(*words)
        assert status == 3, errors
        assert "sudo" in errors


def test_a_run_folder_of_a_stranger_is_refused(person: Person) -> None:
    (person.home / f"droplab-{NOBODY}").mkdir(mode=0o777)
    status, _, errors = person.droplab("run", "48")
    assert status == 3
    assert "not a folder of yours alone" in errors

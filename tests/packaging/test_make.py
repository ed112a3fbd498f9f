from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from droplab.harness.runtime.packages import PACKAGES
from tests.packaging.conftest import REPOSITORY

OF_MAKE = ("MAKE", "MFLAGS", "ARGS", "SEED", "RUNTIME")
"""What `make test ARGS=...` hands to whatever it starts."""


def run(*argv: str | Path, cwd: Path = REPOSITORY, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Exit status and everything that a command printed."""
    without_make = {name: value for name, value in os.environ.items() if not name.startswith(OF_MAKE)}
    done = subprocess.run(
        [str(word) for word in argv],
        cwd=cwd,
        env=env or without_make,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("argv", [("make",), ("make", "help")], ids=" ".join)
def test_help_lists_every_target(argv: tuple[str, ...]) -> None:
    status, text = run(*argv)
    assert status == 0, text
    listed = {line.split()[1] for line in text.splitlines() if line.startswith("  make ")}
    assert listed == {"help", "setup", "lab-<id>", "test", "check", "bench", "trust", "docs", "image", "clean"}


def test_unknown_runtime_is_refused() -> None:
    status, text = run("make", "lab-48", "RUNTIME=podman")
    assert status == 2
    assert "RUNTIME is auto, netns or docker (got podman)" in text


def test_unknown_lab_is_refused_in_one_line() -> None:
    status, text = run("make", "lab-no-such-lab")
    assert status == 2
    (line,) = (line for line in text.splitlines() if not line.startswith("make:"))
    assert line.startswith("droplab: ")
    assert "no-such-lab" in line


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with a space in its name with a copy of the set-up, and the few commands of a bare machine."""
    project = tmp_path / "a project"
    (project / "scripts").mkdir(parents=True)
    (project / "bin").mkdir()
    shutil.copy(REPOSITORY / "scripts" / "setup", project / "scripts")
    shutil.copy(REPOSITORY / "pyproject.toml", project)
    for name in ("sh", "sha256sum", "mktemp", "rm", "id", "flock", "python3", "date", "sed"):
        if found := shutil.which(name):
            (project / "bin" / name).symlink_to(found)
    return project


def test_set_up_names_what_is_missing_where_it_cannot_install(bare: Path) -> None:
    status, text = run("scripts/setup", cwd=bare, env={"PATH": str(bare / "bin")})
    assert status == 3, text
    needs, why = text.splitlines()
    assert needs.startswith("droplab: needs:")
    assert "curl" in needs
    assert why.startswith("droplab: there is no apt-get here;")
    assert not (bare / ".venv").exists()


def test_set_up_refuses_an_unknown_option(bare: Path) -> None:
    status, text = run("scripts/setup", "--dokcer", cwd=bare)
    assert status == 2
    assert text == "droplab: scripts/setup: unknown option --dokcer; the options are --docker and --dev\n"


def test_set_up_installs_what_droplab_says_is_missing() -> None:
    table = re.findall(
        r"^([\w-]+) +([\w.-]+)(?: [\w.-]+)?$", (REPOSITORY / "scripts" / "setup").read_text(), re.MULTILINE
    )
    packages = dict(table)
    assert set(PACKAGES.values()) <= set(packages.values())
    assert {command: packages[command] for command in PACKAGES.keys() & packages.keys()}.items() <= PACKAGES.items()

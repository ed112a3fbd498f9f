"""The built distributions and an environment that holds nothing but the installed wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Built:
    """A source distribution and the wheel that was built from it, not from the repository."""

    sdist: Path
    wheel: Path

    def sdist_names(self) -> set[str]:
        """Files of the source distribution, without its top folder."""
        with tarfile.open(self.sdist) as archive:
            assert not [member.name for member in archive if member.issym()]
            return {member.name.partition("/")[2] for member in archive if member.isfile()}

    def wheel_names(self) -> set[str]:
        """Files of the wheel."""
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())


@dataclass(frozen=True)
class Installed:
    """A virtual environment outside of the repository with the wheel installed."""

    bin: Path

    def run(self, *argv: str, cwd: str | Path = "/", timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment."""
        return subprocess.run(
            [str(self.bin / argv[0]), *argv[1:]],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            check=False,
        )


def run_or_fail(argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, cwd="/", stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    out = tmp_path_factory.mktemp("dist")
    run_or_fail([sys.executable, "-m", "build", "--outdir", str(out), str(REPOSITORY)])
    (sdist,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    return Built(sdist, wheel)


@pytest.fixture(scope="session")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run_or_fail([*pip, str(built.wheel), "pytest"])
    yield Installed(folder / "bin")
    shutil.rmtree(folder)

"""Marks by folder, and what a test needs of the machine.

A test of tests/netns, tests/labs, tests/docker or tests/packaging carries the mark of its folder and is skipped, with
a reason, where the machine lacks what it needs. ``DROPLAB_REQUIRE=netns,docker`` makes such skips failures.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SCRIPTS = TESTS.parent / "scripts"
MARK_OF_FOLDER = {"netns": "netns", "labs": "netns", "docker": "docker", "packaging": "packaging"}


def lacks_namespaces() -> str | None:
    """Why network namespaces cannot be made here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    made = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True, check=False
    )
    return None if made.returncode == 0 else f"no namespaces: {made.stderr.strip()}"


def lacks_docker() -> str | None:
    """Why there can be no docker daemon here, or None. Whether it answers is for the fixture that starts it."""
    if os.geteuid() != 0:
        return "needs root"
    if "DOCKER_HOST" in os.environ or Path("/run/docker.sock").exists() or shutil.which("dockerd"):
        return None
    return "no docker daemon: scripts/setup --docker"


def lacks_package_index() -> str | None:
    """Why wheels cannot be built and installed here, or None."""
    return None if os.environ.get("PIP_NO_INDEX") is None else "PIP_NO_INDEX is set"


LACKS: dict[str, Callable[[], str | None]] = {
    "netns": lacks_namespaces,
    "docker": lacks_docker,
    "packaging": lacks_package_index,
}
REASON = pytest.StashKey[dict[str, str | None]]()
REQUIRED = pytest.StashKey[frozenset[str]]()


def pytest_configure(config: pytest.Config) -> None:
    required = frozenset(filter(None, os.environ.get("DROPLAB_REQUIRE", "").replace(",", " ").split()))
    if unknown := sorted(required - LACKS.keys()):
        raise pytest.UsageError(f"DROPLAB_REQUIRE: unknown {', '.join(unknown)}; known are {', '.join(sorted(LACKS))}")
    config.stash[REQUIRED] = required
    config.stash[REASON] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(TESTS) and (mark := MARK_OF_FOLDER.get(item.path.relative_to(TESTS).parts[0])):
            item.add_marker(mark)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    reasons = item.config.stash[REASON]
    for mark in LACKS.keys() & {mark.name for mark in item.iter_markers()}:
        if mark not in reasons:
            reasons[mark] = LACKS[mark]()
        if reason := reasons[mark]:
            pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test that DROPLAB_REQUIRE asks for has failed."""
    report = yield
    required = item.config.stash[REQUIRED] & {mark.name for mark in item.iter_markers()}
    if required and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"DROPLAB_REQUIRE asks for {', '.join(sorted(required))}. {reason}"
    return report


@pytest.fixture(scope="session")
def docker_ready() -> None:
    """A daemon that answers and the image; skipped, with the scripts' own words, where they cannot be had."""
    for script in ("dockerd", "build-image"):
        done = subprocess.run([SCRIPTS / script], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode:
            pytest.skip(f"scripts/{script}: {done.stderr.strip()}")

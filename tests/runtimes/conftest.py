"""Every test of this folder runs on both runtimes, and nothing of it is left on the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from droplab.harness.runtime.contract import Provisioned
from tests.runtimes.bed import OTHER, RUN, Bed, links_of_this_machine
from tests.waiting import gone_within


@pytest.fixture(
    params=[pytest.param("netns", marks=pytest.mark.netns), pytest.param("docker", marks=pytest.mark.docker)]
)
def bed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bed]:
    monkeypatch.setenv("DROPLAB_RUN_DIR", str(tmp_path / "run"))
    if request.param == "docker":
        request.getfixturevalue("docker_ready")
    made, links = Bed(request.param), links_of_this_machine()
    yield made
    for run in (RUN, OTHER):
        assert gone_within(10, lambda run=run: made.left(run)), made.left(run)  # type: ignore[misc]
    assert links_of_this_machine() == links


@pytest.fixture
def lab(bed: Bed) -> Iterator[Provisioned]:
    """A server and a client that live as long as the test."""
    live = bed.foreground()
    yield live
    live.close()

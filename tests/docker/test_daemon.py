"""A daemon that is not there is said in one line, with what to do about it."""

from __future__ import annotations

import pytest

from droplab.harness.runtime.docker import DockerRuntime
from tests.runtimes.labs import two_nodes


def test_a_daemon_that_does_not_answer_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    (line,) = DockerRuntime().missing(two_nodes())
    assert "does not answer" in line
    assert "scripts/dockerd" in line

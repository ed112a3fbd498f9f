"""A docker daemon and the image for every test of this folder, and proof that nothing is left."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from droplab.harness.runtime.docker_daemon import connect
from tests.waiting import gone_within

if TYPE_CHECKING:
    from docker import APIClient


@pytest.fixture
def client(docker_ready: None) -> Iterator[APIClient]:
    client = connect()
    yield client
    client.close()


@pytest.fixture(autouse=True)
def nothing_left(client: APIClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has run files of its own, and so a host id of its own; no container may carry it afterwards."""
    monkeypatch.setenv("DROPLAB_RUN_DIR", str(tmp_path / "run"))
    networks = {row["Id"] for row in client.networks()}
    yield
    host = tmp_path / "run" / "host"
    label = f"droplab.host={host.read_text() if host.exists() else 'none'}"
    assert gone_within(10, lambda: client.containers(all=True, filters={"label": label}))
    compose = {"com.docker.compose.project"}
    assert [
        row for row in client.networks() if row["Id"] not in networks and not compose & set(row["Labels"] or {})
    ] == []


@pytest.fixture(scope="session")
def docker_compose_command() -> str:
    return "docker-compose" if shutil.which("docker-compose") else "docker compose"


@pytest.fixture(scope="session")
def docker_compose_file(docker_ready: None) -> str:
    return str(Path(__file__).with_name("compose.yml"))


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    """Without --wait: docker-compose 1.29 does not know it, does nothing and ends with status 0."""
    return ["up -d"]


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return ["down -v -t 0"]

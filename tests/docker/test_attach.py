"""Things that droplab did not start: a compose project's containers, broken from outside and repaired."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.labs.cli import droplab

if TYPE_CHECKING:
    from docker import APIClient
    from pytest_docker.plugin import Services

DROP = ("iptables_drop", "chain=INPUT", "protocol=tcp", "port=80")


def answers(client: APIClient, project: str) -> bool:
    """Whether the visitor gets the page from the server."""
    made = client.exec_create(container(client, project, "visitor"), ["curl", "-sf", "-m", "1", "http://198.18.100.2/"])
    client.exec_start(made["Id"])
    return bool(client.exec_inspect(made["Id"])["ExitCode"] == 0)


def container(client: APIClient, project: str, service: str) -> str:
    labels = [f"com.docker.compose.project={project}", f"com.docker.compose.service={service}"]
    (row,) = client.containers(filters={"label": labels})
    return str(row["Names"][0]).lstrip("/")


@pytest.fixture
def server(client: APIClient, docker_services: Services, docker_compose_project_name: str) -> str:
    """The name of the compose project's server, which answers."""
    docker_services.wait_until_responsive(
        check=lambda: answers(client, docker_compose_project_name), timeout=20, pause=0.1
    )
    return container(client, docker_compose_project_name, "server")


def test_a_container_is_broken_and_repaired(client: APIClient, server: str, docker_compose_project_name: str) -> None:
    injected = droplab("inject", f"container:{server}", *DROP)
    assert injected.returncode == 0, injected.stderr
    assert "unproven" in injected.stderr
    assert not answers(client, docker_compose_project_name)
    undone = droplab("remediate", injected.stdout.strip()[:5])
    assert undone.returncode == 0, undone.stderr
    assert answers(client, docker_compose_project_name)


def test_a_small_mtu_comes_and_goes(client: APIClient, server: str, docker_compose_project_name: str) -> None:
    fault = droplab("inject", f"container:{server}", "mtu", "mtu=100").stdout.strip()
    assert not answers(client, docker_compose_project_name)
    twice = droplab("inject", f"container:{server}", "mtu", "mtu=100")
    assert twice.returncode == 2
    assert "has it already" in twice.stderr
    assert droplab("remediate", fault).returncode == 0
    assert answers(client, docker_compose_project_name)


def test_clean_leaves_an_injected_fault_and_stop_all_takes_it(
    client: APIClient, server: str, docker_compose_project_name: str
) -> None:
    droplab("inject", f"container:{server}", *DROP)
    cleaned = droplab("clean")
    assert (cleaned.returncode, cleaned.stdout) == (0, "nothing to clean\n")
    assert not answers(client, docker_compose_project_name)
    assert droplab("stop", "--all").returncode == 0
    assert answers(client, docker_compose_project_name)


def test_what_someone_else_changed_is_left_alone(client: APIClient, server: str) -> None:
    fault = droplab("inject", f"container:{server}", "mtu", "mtu=100").stdout.strip()
    pid = client.inspect_container(server)["State"]["Pid"]
    ip = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "link", "set", "dev", "eth0", "mtu"]
    subprocess.run([*ip, "1400"], check=True)
    left = droplab("remediate", fault)
    assert left.returncode == 4
    assert "changed by someone else" in left.stderr
    subprocess.run([*ip, "1500"], check=True)
    assert droplab("remediate", fault).returncode == 0


def test_a_vanished_container_takes_its_fault_along(client: APIClient, docker_ready: None) -> None:
    made = client.create_container("droplab-lab:1", ["sleep", "60"], host_config=client.create_host_config(init=True))
    client.start(made["Id"])
    fault = droplab("inject", f"container:{made['Id'][:12]}", *DROP).stdout.strip()
    client.remove_container(made["Id"], force=True)
    gone = droplab("remediate", fault)
    assert gone.returncode == 0
    assert "its target is gone" in gone.stdout
    assert droplab("remediate", fault).returncode == 2


@pytest.fixture
def sleeper() -> Iterator[int]:
    """A process in a network namespace of its own."""
    process = subprocess.Popen(["unshare", "--net", "sleep", "60"])
    own = Path("/proc/self/ns/net").readlink()
    while Path(f"/proc/{process.pid}/ns/net").readlink() == own:
        time.sleep(0.001)
    yield process.pid
    process.kill()
    process.wait()


def test_a_process_and_a_namespace_are_targets(sleeper: int) -> None:
    for target in (f"pid:{sleeper}", f"netns:/proc/{sleeper}/ns/net"):
        fault = droplab("inject", target, *DROP)
        assert fault.returncode == 0, fault.stderr
        shown = subprocess.run(
            ["nsenter", f"--net=/proc/{sleeper}/ns/net", "iptables", "-S", "INPUT"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "--dport 80 -j DROP" in shown.stdout
        assert droplab("remediate", fault.stdout.strip()).returncode == 0


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("container:no-such-thing", "no container has this name or id"),
        ("pid:4194305", "there is no process"),
        ("netns:no-such-thing", "there is no"),
        (f"pid:{os.getpid()}", "the network of this machine itself"),
        ("nonsense", "a target is"),
        ("no-such-lab/nginx", "no running lab is called"),
    ],
)
def test_a_wrong_target_is_told_in_one_line(target: str, words: str, docker_ready: None) -> None:
    done = droplab("inject", target, *DROP)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert sys.executable not in done.stderr

"""A student's hour in lab 48, through the command line, on both runtimes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.labs.cli import droplab

RANDOM = "-m statistic --mode random --probability 0.3 -j DROP"


@pytest.fixture(
    params=[pytest.param("netns", marks=pytest.mark.netns), pytest.param("docker", marks=pytest.mark.docker)]
)
def name(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Lab 48, started under a name of its own."""
    monkeypatch.setenv("DROPLAB_RUN_DIR", str(tmp_path / "run"))
    if request.param == "docker":
        request.getfixturevalue("docker_ready")
    started = droplab("start", "48", "--name", "alice", "--runtime", request.param, "--seed", "1")
    assert started.returncode == 0, started.stderr
    assert "droplab shell alice nginx" in started.stdout
    assert "droplab check alice" in started.stdout
    yield "alice"
    stopped = droplab("stop", "alice")
    assert (stopped.returncode, stopped.stdout) in ((0, "stopped alice\n"), (2, "")), stopped.stderr
    assert [path.name for path in (tmp_path / "run").glob("*.jsonl")] == []


def check(name: str) -> tuple[int, str]:
    done = droplab("check", name, "--json")
    return done.returncode, json.loads(done.stdout)["verdict"]


def in_node(name: str, node: str, command: str) -> str:
    done = droplab("exec", name, node, "--", "sh", "-c", command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_hour(name: str) -> None:
    drops = [line.split() for line in in_node(name, "nginx", "iptables -nvxL").splitlines() if " DROP " in line]
    assert len(drops) == 2
    assert sum(int(words[0]) for words in drops) < 10
    assert "alice" in droplab("status").stdout
    assert "small_mtu" not in droplab("status", name).stdout
    assert "small_mtu" in droplab("status", name, "--spoilers").stdout
    assert check(name) == (1, "broken")

    first = droplab("hint", name).stdout
    assert "SYN" in first
    shell = droplab("shell", name, "nginx", stdin=f"iptables -D INPUT {RANDOM}\niptables -D OUTPUT {RANDOM}\n")
    assert shell.returncode == 0, shell.stderr
    later = droplab("hint", name).stdout
    assert "handshake" in later
    told = droplab("check", name)
    assert told.returncode == 1
    assert "1 fault is still there" in told.stdout
    assert "no_response" in told.stdout
    assert "mtu" not in told.stdout.lower()

    in_node(name, "nginx", "ifconfig eth0 mtu 1500 && touch /etc/forgotten")
    assert check(name) == (1, "works, but")
    in_node(name, "nginx", "rm /etc/forgotten")
    assert check(name) == (0, "repaired")
    assert "no fault is left" in droplab("hint", name).stdout
    assert "iptables -t filter -D INPUT" in droplab("solution", name).stdout

    assert droplab("reset", name).returncode == 0
    assert check(name) == (1, "broken")


def test_names_and_nodes_are_told(name: str) -> None:
    taken = droplab("start", "48", "--name", name)
    assert taken.returncode == 2
    assert "is taken by a running lab" in taken.stderr
    assert "did you mean alice?" in droplab("check", "alcie").stderr
    wrong = droplab("exec", name, "ngnix", "--", "true")
    assert wrong.returncode == 2
    assert "it has nginx, client" in wrong.stderr
    assert droplab("exec", name, "client", "--", "sh", "-c", "exit 7").returncode == 7


def test_the_switch_is_broken_and_repaired(name: str) -> None:
    ping = "ping -q -c 2 -i 0.1 -W 1 nginx"
    injected = droplab("inject", f"{name}/switch", "isolated_ports")
    assert injected.returncode == 0, injected.stderr
    assert "100% packet loss" in droplab("exec", name, "client", "--", *ping.split()).stdout
    assert droplab("remediate", injected.stdout.strip()).returncode == 0
    in_node(name, "nginx", "iptables -F")
    assert " 0% packet loss" in in_node(name, "client", ping)
    refused = droplab("inject", f"{name}/switch", "mtu", "mtu=100")
    assert refused.returncode == 2
    assert "this kind can only break a node" in refused.stderr


def test_a_fault_more_is_injected_proven_and_taken_back(name: str) -> None:
    injected = droplab("inject", f"{name}/client", "iptables_drop", "chain=INPUT", "protocol=icmp")
    assert injected.returncode == 0, injected.stderr
    fault = injected.stdout.strip()
    assert "symptom   ok" in injected.stderr
    assert "DROP" in in_node(name, "client", "iptables -nvL INPUT")
    assert droplab("remediate", fault).returncode == 0
    assert "DROP" not in in_node(name, "client", "iptables -nvL INPUT")
    again = droplab("remediate", fault)
    assert again.returncode == 2
    assert "no injected fault" in again.stderr

"""The plugin's fixtures on real namespaces, as a project of somebody else's uses them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.scoring.running import outcomes, run_pytest

SUITE = """
import pytest


@pytest.mark.droplab("48", seed=7, only=["small_mtu"])
def test_broken(lab, truth):
    large = lab.client.exec(["ping", "-q", "-c", "5", "-i", "0.01", "-W", "1", "-s", "1400", "nginx"])
    assert "100% packet loss" in large.stdout
    assert (truth.kind, truth.layer, truth.node, truth.direction) == ("mtu", "link", "nginx", "in")
    assert truth.parameters["mtu"] == 100
    assert truth.proof.trace.startswith("ok")


@pytest.mark.droplab("48", only=["drop_input"], set={"p_in": 0.5})
def test_set(lab):
    assert lab.truth.parameters["probability"] == 0.5
    assert lab.truth.drop_reason == "NETFILTER_DROP"
    assert lab.truth.agrees(100, 200)
    assert not lab.truth.agrees(20, 200)


def test_undone(healthy_lab, inject):
    ping = ["ping", "-q", "-c", "5", "-i", "0.01", "-W", "1", healthy_lab.nginx.address]
    with inject(healthy_lab.nginx, "iptables_drop", chain="INPUT") as truth:
        assert "100% packet loss" in healthy_lab.client.run(ping).stdout
        assert truth.commands[0].startswith("iptables")
    assert " 0% packet loss" in healthy_lab.client.run(ping).stdout


@pytest.mark.droplab("48", only=["small_mtu"])
def test_fails(lab):
    lab.client.exec(["ping", "-c", "1", "nginx"])
    raise AssertionError("on purpose")


@pytest.mark.droplab("48", only=["smal_mtu"])
def test_unknown_fault(lab):
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def test_fixtures(project: Path, tmp_path: Path) -> None:
    (project / "test_tool.py").write_text(SUITE)
    done = run_pytest(project, "--droplab-artifacts", str(tmp_path / "kept"))
    assert outcomes(done) == {
        "test_broken": "PASSED",
        "test_set": "PASSED",
        "test_undone": "PASSED",
        "test_fails": "FAILED",
        "test_unknown_fault": "ERROR",
    }, done.stdout
    assert "no fault of lab 48 is called 'smal_mtu'; did you mean small_mtu?" in done.stdout
    _attached(done.stdout)
    (kept,) = (tmp_path / "kept").iterdir()
    assert json.loads((kept / "report.json").read_text())["truths"][0]["kind"] == "mtu"
    echoes = subprocess.run(
        ["tcpdump", "-r", str(kept / "test-nginx.pcap"), "icmp[icmptype] == icmp-echo"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "ICMP echo request" in echoes.stdout


def _attached(shown: str) -> None:
    assert "fault small_mtu: mtu on nginx; proven: ok: eth0 rx_dropped" in shown
    assert "client# ping -c 1 nginx" in shown
    assert "nginx: IcmpInEchos +1" in shown


def test_without_captures_the_report_is_kept_all_the_same(project: Path, tmp_path: Path) -> None:
    (project / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.droplab('48', only=['small_mtu'])\n"
        "def test_it(lab):\n"
        "    assert not lab.folder.exists()\n"
        "    assert lab.truth is None\n"
    )
    done = run_pytest(project, "--droplab-no-pcap", "--droplab-artifacts", str(tmp_path / "kept"))
    assert outcomes(done) == {"test_it": "FAILED"}, done.stdout
    assert [path.name for path in (tmp_path / "kept").rglob("*.*") if path.is_file()] == ["report.json"]


SIDE_BY_SIDE = """
import time
from pathlib import Path

import pytest

LARGE = ["ping", "-q", "-c", "5", "-i", "0.01", "-W", "1", "-s", "1400", "nginx"]


def meet(mine, other):
    here = Path(__file__).parent
    (here / mine).touch()
    deadline = time.monotonic() + 60
    while not (here / other).exists():
        assert time.monotonic() < deadline, f"{other} never came"
        time.sleep(0.01)


@pytest.mark.droplab("48", only=["small_mtu"])
def test_broken(lab):
    meet("broken", "healthy")
    lab.client.exec(["ping", "-c", "1", "nginx"])
    assert "100% packet loss" in lab.client.exec(LARGE).stdout
    meet("broken, looked", "healthy, looked")
    raise AssertionError("on purpose")


@pytest.mark.droplab("48")
def test_healthy(healthy_lab):
    meet("healthy", "broken")
    assert " 0% packet loss" in healthy_lab.client.exec(LARGE).stdout
    meet("healthy, looked", "broken, looked")
"""


def test_two_workers_of_xdist_do_not_see_each_other(project: Path, tmp_path: Path) -> None:
    (project / "test_side_by_side.py").write_text(SIDE_BY_SIDE)
    done = run_pytest(project, "-p", "xdist", "-n", "2", "--droplab-artifacts", str(tmp_path / "kept"))
    assert sorted(
        re.findall(r"^\[gw\d\] .*(PASSED|FAILED) test_side_by_side.py::(\w+)", done.stdout, re.MULTILINE)
    ) == [
        ("FAILED", "test_broken"),
        ("PASSED", "test_healthy"),
    ], done.stdout
    _attached(done.stdout)
    assert [folder.name for folder in (tmp_path / "kept").iterdir()] != []


LACKING = """
import pytest
from droplab.harness.errors import MachineLacks


@pytest.fixture(autouse=True)
def without_root(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)


@pytest.mark.droplab("48")
def test_it(lab):
    pass
"""


@pytest.mark.parametrize(("options", "outcome"), [((), "SKIPPED"), (("--droplab-require",), "ERROR")])
def test_what_the_machine_lacks(project: Path, options: tuple[str, ...], outcome: str) -> None:
    (project / "test_lacking.py").write_text(LACKING)
    done = run_pytest(project, "-rs", *options)
    assert outcomes(done) == {"test_it": outcome}, done.stdout
    assert "root: droplab makes network namespaces; use sudo" in done.stdout


LAB = """
schema: 1
title: Two nodes
nodes:
  nginx:  {address: 198.18.90.2/24, services: [nginx]}
  client: {address: 198.18.90.3/24}
faults:
  small: {node: nginx, mtu: {mtu: 100}}
probes:
  page: {node: client, http: "http://nginx/", timeout_s: 1}
healthy: {page: {outcome: ok}}
broken: {page: {outcome: OUTCOME}}
solution:
  - {title: Restore it, run: {nginx: [ip link set dev eth0 mtu 1500]}, removes: [small]}
"""


@pytest.mark.parametrize(("outcome", "result"), [("no_response", "PASSED"), ("refused", "FAILED")])
def test_lab_folders_are_tests_on_request(project: Path, outcome: str, result: str) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "lab.yaml").write_text(LAB.replace("OUTCOME", outcome))
    assert outcomes(run_pytest(project)) == {}
    done = run_pytest(project, "--droplab-labs")
    assert outcomes(done) == {"mine": result}, done.stdout
    assert (outcome == "refused") == ("broken: page outcome: expected refused, observed no_response" in done.stdout)

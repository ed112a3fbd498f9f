"""Every lab of the house passes from start to end, as a user runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from droplab.harness.definition.catalogue import list_labs
from tests.labs.cli import droplab, report_of

LABS = [lab.id for lab in list_labs()]


def run(lab: str, runtime: str, *options: str) -> subprocess.CompletedProcess[str]:
    """``droplab run`` as a process of its own."""
    return droplab("run", lab, "--runtime", runtime, *options)


@pytest.mark.netns
@pytest.mark.parametrize("lab", LABS)
def test_on_netns(lab: str) -> None:
    done = run(lab, "netns", "--json")
    report = report_of(done)
    assert (done.returncode, report["verdict"], report["residue"]) == (0, "pass", []), report["why"] or done.stderr
    assert all(fault["gone"] for fault in report["faults"])
    assert [phase["name"] for phase in report["phases"]][:2] == ["healthy", "broken"]
    assert report["phases"][-1]["name"] == "gone"


@pytest.mark.docker
@pytest.mark.parametrize("lab", LABS)
def test_on_docker(lab: str, docker_ready: None) -> None:
    done = run(lab, "docker", "--json")
    report = report_of(done)
    assert (done.returncode, report["verdict"], report["residue"]) == (0, "pass", []), report["why"] or done.stderr


@pytest.mark.netns
def test_lab_48_tells_its_story_in_under_forty_lines(tmp_path: Path) -> None:
    done = run("48", "netns", "--seed", "7", "--report", str(tmp_path), "--pcap")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert len(lines) < 40
    assert "\x1b" not in done.stdout
    assert "PASS" in done.stdout
    assert "droplab run 48 --runtime netns --seed 7" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} >= {"report.html", "report.json", "junit.xml"}
    captures = list(tmp_path.glob("*.pcap"))
    assert len(captures) == 10
    assert all(path.stat().st_size > 24 for path in captures)


@pytest.mark.netns
def test_the_hidden_fault_shows_in_the_checks() -> None:
    report = report_of(run("48", "netns", "--json"))
    phases = {phase["name"]: {(c["probe"], c["metric"]): c for c in phase["checks"]} for phase in report["phases"]}
    broken = phases["broken"][("syn", "loss")]
    assert broken["interval"][0] < 0.51 < broken["interval"][1]
    after_rules = phases["Delete the two DROP rules"]
    assert after_rules[("syn", "loss")]["verdict"] == "pass"
    assert after_rules[("http", "outcome")]["observed"].startswith("no_response")


@pytest.mark.netns
@pytest.mark.parametrize(
    ("settings", "words"),
    [(("p_in=0.05",), "pass"), (("p_in=0.5", "p_out=0.5"), "pass")],
)
def test_parameters_can_be_set(settings: tuple[str, ...], words: str) -> None:
    options = [word for setting in settings for word in ("--set", setting)]
    report = report_of(run("48", "netns", "--json", *options))
    assert report["verdict"] == words, report["why"]

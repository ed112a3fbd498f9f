"""Real tools on the bench lab: what is noticed, what is named, and what the kernel itself says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.scoring.cases import Case, cases, chosen, healthy
from droplab.harness.scoring.drops import Drops
from droplab.harness.scoring.opening import open_bench, wanted_lab
from droplab.harness.scoring.stage import Stage
from droplab.harness.scoring.tool_loader import load_tool, load_tools
from droplab.harness.scoring.traffic import flow
from droplab.harness.scoring.trial import Outcome, run_trial
from tests.waiting import gone_within

TOOLS = Path(__file__).parents[2] / "tools"
NAMES = ("ping", "netstat", "iptables", "tcpdump")


def tried(case: Case, *names: str) -> dict[str, Outcome]:
    tools = load_tools([TOOLS / f"{name}.yaml" for name in names])
    return {outcome.tool: outcome for outcome in run_trial(case, tools, 1, 1)}


def case_of(word: str) -> Case:
    (case,) = chosen(cases(Catalogue()), [word])
    return case


def test_each_tool_notices_what_it_can_see() -> None:
    found = tried(case_of("mtu mtu=100"), *NAMES)
    assert {name for name, outcome in found.items() if outcome.noticed} == {"netstat", "tcpdump"}
    assert found["netstat"].named == ("mtu",)
    assert found["netstat"].right
    assert "mss: new: 256" in found["tcpdump"].why
    found = tried(case_of("iptables_drop probability=0.3"), *NAMES)
    assert {name for name, outcome in found.items() if outcome.noticed} == {"ping", "iptables", "tcpdump"}
    assert found["iptables"].right
    assert any(words.startswith("NETFILTER_DROP") for words in found["iptables"].drops)


def test_silence_on_a_healthy_network() -> None:
    found = tried(healthy(), *NAMES)
    assert [(outcome.state, outcome.controls, outcome.false_alarms) for outcome in found.values()] == [
        ("counted", 2, 0)
    ] * len(NAMES)


def test_a_tool_that_always_shouts_has_noticed_nothing(tmp_path: Path) -> None:
    file = tmp_path / "crier.yaml"
    file.write_text("tool: crier\nrun: [date, '+%s%N']\nread: {signals: {now: {words: '\\d+'}}}\n")
    (outcome,) = run_trial(case_of("mtu mtu=100"), [load_tool(file)], 1, 1)
    assert (outcome.false_alarms, outcome.controls, outcome.noticed) == (1, 1, False)


def test_what_is_not_installed_and_what_never_gets_ready_is_no_miss(tmp_path: Path) -> None:
    absent, silent = tmp_path / "absent.yaml", tmp_path / "silent.yaml"
    absent.write_text("tool: absent\nrun: [no-such-tool]\npackage: some\nread: {signals: {it: {exit: true}}}\n")
    stream = "takes: stream\nready: {line: listening}\nread: {signals: {it: {lines: x}}}\n"
    silent.write_text(f"tool: silent\nrun: ['true']\n{stream}")
    found = {each.tool: each for each in run_trial(healthy(), load_tools([absent, silent]), 1, 1)}
    assert (found["absent"].state, found["absent"].why) == (
        "lacks",
        "no-such-tool is not installed: apt-get install some",
    )
    assert (found["silent"].state, found["silent"].why.split(":")[0]) == (
        "lacks",
        "silent does not become ready (/listening/)",
    )


def test_an_environment_that_is_not_broken_is_no_miss() -> None:
    harmless = Case("harmless", "iptables_drop", {"chain": "INPUT", "probability": 0.001}, real=True)
    (outcome,) = tried(harmless, "iptables").values()
    assert outcome.state == "ineffective"
    assert "INEFFECTIVE" in outcome.why


@pytest.mark.parametrize("broken", [False, True])
def test_drop_reasons_of_our_own_traffic(broken: bool) -> None:
    with open_bench(wanted_lab(None, 1, {}), "netns") as bench:
        if broken:
            bench.break_with(bench.use("nginx", "iptables_drop", {"chain": "INPUT", "probability": 0.3}))
        with Drops() as drops:
            flow(Stage.of(bench), ("syn",), bench.catalogue)
            counts = drops.counts()
    assert (counts.get("NETFILTER_DROP", 0) > 30) == broken
    listed = "mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; ls /sys/kernel/tracing/instances"
    left = subprocess.run(["unshare", "--mount", "sh", "-c", listed], capture_output=True, text=True, check=False)
    assert drops.name not in left.stdout.split()


def score(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "droplab", "score", str(TOOLS / "netstat.yaml"), "--out", str(folder), *options]
    return subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)


def test_score_resumes_and_fails_on_what_got_worse(tmp_path: Path) -> None:
    out, baseline = tmp_path / "out", tmp_path / "netstat.baseline.yaml"
    few = ("--case", "mtu mtu=100", "--case", "healthy", "--baseline", str(baseline))
    missing = score(out, *few)
    assert missing.returncode == 2
    assert "--update writes the first version" in missing.stderr
    assert not out.exists(), "that must be said before anything is tried"
    first = score(out, *few, "--update")
    assert first.returncode == 0, first.stderr
    assert "2/2  healthy" in first.stderr
    assert '"netstat: mtu mtu=100": {noticed: 1/1, named: 1/1, wrong: 0/1, false_alarm: 0/1}' in baseline.read_text()
    again = score(out, *few, "--resume", "--json")
    assert again.returncode == 0, again.stderr
    assert "2/2" not in again.stderr, "it was tried before, and must not be again"
    document = json.loads(again.stdout)
    assert {change["verdict"] for change in document["changes"]} == {"same"}
    baseline.write_text(baseline.read_text() + '"netstat: link_down": {noticed: 1/1}\n')
    gone = score(out, *few, "--resume")
    assert gone.returncode == 1
    assert "GONE  netstat: link_down" in gone.stdout


def test_a_killed_score_leaves_no_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPLAB_RUN_DIR", str(tmp_path / "run"))
    argv = [sys.executable, "-m", "droplab", "score", str(TOOLS / "ping.yaml"), "--case", "mtu", "--jobs", "2"]
    with subprocess.Popen([*argv, "--out", str(tmp_path / "out")], stderr=subprocess.DEVNULL) as process:
        assert gone_within(30, lambda: len(list((tmp_path / "run").glob("*.jsonl"))) < 2)
        process.kill()
    assert gone_within(20, lambda: _left(tmp_path / "run"))


def _left(folder: Path) -> list[Path]:
    """Run files after a clean, which touches no lab that is alive: a worker may outlive the killed one by a moment."""
    subprocess.run([sys.executable, "-m", "droplab", "clean"], capture_output=True, check=True)
    return list(folder.glob("*.jsonl"))

"""What a wrong command says: one clear line on standard error, the right exit status, never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from droplab.harness.cli import COMMANDS, _status


@pytest.fixture(autouse=True)
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may touch the machine's own run files."""
    monkeypatch.setenv("DROPLAB_RUN_DIR", str(tmp_path / "run"))


def said(argv: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit status and standard error; standard output stays empty on failure."""
    status = _status(argv)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    if status:
        assert captured.out == ""
    return status, captured.err.strip()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["rnu", "48"], "did you mean 'run'?"),
        (["run"], "Missing argument 'LAB'"),
        (["run", "480"], "no lab is called '480'; did you mean 48?"),
        (["run", "/nowhere/at/all"], "no file or folder is there"),
        (["run", "48", "--runtime", "podman"], "'auto', 'netns', 'docker'"),
        (["run", "48", "--set", "p_in"], "--set: expected NAME=VALUE (got 'p_in')"),
        (["run", "48", "--set", "q=1"], "no parameter is called q"),
        (["run", "48", "--set", "p_in=much"], "--set p_in: expected a number (got much)"),
        (["run", "48", "--seed", "-1"], "-1 is not in the range x>=0"),
        (["run", "48", "--pcap"], "--pcap writes into the report's folder: give --report DIR too"),
        (["start", "48", "--ttl", "soon"], "--ttl: a number with s, m, h or d"),
        (["start", "48", "--name", "a/b"], "--name: up to 32 letters"),
        (["check", "48"], "no running lab is called '48'; running: none; droplab start LAB"),
        (["shell", "nobody", "nginx"], "no running lab is called 'nobody'"),
        (["stop"], "say which lab to stop: droplab stop NAME, or droplab stop --all"),
        (["faults", "mtuu"], "no fault is called 'mtuu'; did you mean mtu?"),
        (["inject", "pid:1", "mtu"], "mtu: mtu: Field required"),
        (["inject", "pid:1", "mtu", "mtu=5"], "greater than or equal to 68"),
        (["inject", "pid:1", "mtu", "mut=100"], "its parameters are mtu, interface"),
        (["inject", "48/nginx", "conntrack_full", "max=16384"], "--allow-host allows that"),
        (["remediate", "abc"], "no injected fault has the id 'abc'; injected: none"),
        (["validate", "/nowhere.yaml"], "/nowhere.yaml"),
    ],
)
def test_usage(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, err = said(argv, capsys)
    assert status == 2
    assert words in err


def test_a_definition_is_told_with_all_its_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lab.yaml").write_text("schema: 1\ntitle: x\nnoeds: {}\nnodes: {n: {address: 10.0.0.1/24}}\n")
    status, err = said(["validate", str(tmp_path)], capsys)
    assert status == 2
    assert f"{tmp_path}/lab.yaml:3:1: noeds: unknown key; did you mean nodes?" in err
    assert f"{tmp_path}/lab.yaml:4:" in err
    assert all(line.startswith("droplab: ") for line in err.splitlines())


@pytest.mark.parametrize(
    "command", ["start 48", "shell 48", "inject pid:1 mtu mtu=100", "clean", "stop --all", "remediate a"]
)
def test_without_root(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    status, err = said(command.split(), capsys)
    assert status == 3
    assert "sudo" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_helps(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _status([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: droplab {command}")
    assert len(shown.splitlines()) > 4


def test_an_unexpected_error_is_one_line_and_says_where_to_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DROPLAB_DEBUG", raising=False)
    monkeypatch.setattr("droplab.harness.definition.catalogue.list_labs", lambda: 1 / 0)
    status, err = said(["list"], capsys)
    assert status == 1
    assert "this should not happen: ZeroDivisionError" in err
    assert "DROPLAB_DEBUG=1" in err

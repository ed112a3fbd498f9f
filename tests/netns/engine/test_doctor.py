"""What doctor says of this machine is what this machine can do."""

from __future__ import annotations

import json

import pytest

from droplab.harness.engine.doctor import examine
from tests.labs.cli import droplab


def test_a_machine_that_runs_labs_has_what_is_vital() -> None:
    findings = {finding.name: finding for finding in examine()}
    assert [finding.name for finding in findings.values() if finding.vital and finding.state == "no"] == []
    assert {findings[name].state for name in ("veth", "bridge", "nftables", "random and n-th DROP")} == {"yes"}


def test_what_is_missing_comes_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("droplab.harness.engine.doctor.find_tool", lambda name: None)
    missing = [finding for finding in examine() if finding.state == "no"]
    assert {"ip", "nginx", "hping3"} <= {finding.name for finding in missing}
    assert all(finding.remedy for finding in missing)
    assert "apt-get install nginx-light" in {finding.remedy for finding in missing}


def test_the_command_ends_with_0_here_and_prints_one_document() -> None:
    done = droplab("doctor", "--json")
    assert done.returncode == 0, done.stderr
    assert {"area", "name", "state", "detail", "remedy", "vital"} == set(json.loads(done.stdout)[0])

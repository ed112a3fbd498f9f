"""The files of a report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from droplab.harness.render import write
from tests.unit.render import samples
from tests.unit.render.test_html import hostile


def test_three_files_and_nothing_else(tmp_path: Path) -> None:
    files = write(samples.passing(), tmp_path / "deep" / "er")
    assert [file.name for file in files] == ["report.json", "report.html", "junit.xml"]
    assert sorted(files) == sorted((tmp_path / "deep" / "er").iterdir())


def test_the_json_has_the_promised_keys(tmp_path: Path) -> None:
    document = json.loads(write(samples.passing(), tmp_path)[0].read_text())
    promised = "schema droplab lab runtime seed parameters started duration_s verdict phases faults residue commands"
    assert set(promised.split()) | {"environment", "reproduce"} <= set(document)
    check = document["phases"][1]["checks"][0]
    assert check["interval"] == [0.487, 0.537]
    assert set(document["faults"][0]["proof"]) == {"artifact", "trace", "symptom", "control"}


def test_writing_again_replaces(tmp_path: Path) -> None:
    write(samples.passing(), tmp_path)
    files = write(replace(samples.passing(), seed=8), tmp_path)
    assert json.loads(files[0].read_text())["seed"] == 8
    assert len(list(tmp_path.iterdir())) == 3


def test_texts_that_are_no_utf8_are_written_all_the_same(tmp_path: Path) -> None:
    for file in write(hostile(), tmp_path):
        assert "日本" in file.read_text(encoding="utf-8")

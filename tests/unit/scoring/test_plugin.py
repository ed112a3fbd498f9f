"""The plugin in a suite that has nothing to do with it, and what it says while tests are collected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.scoring.running import outcomes, run_pytest

HEAVY = ("pydantic", "pyroute2", "scapy", "docker", "scipy", "matplotlib", "rich", "jinja2", "click", "yaml")


def test_loading_it_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_foreign.py").write_text(
        "import sys\n"
        "def test_foreign(request):\n"
        "    assert request.config.pluginmanager.has_plugin('droplab.harness.pytest_plugin')\n"
        f"    assert [name for name in {HEAVY!r} if name in sys.modules] == []\n"
        "    assert [name for name in sys.modules if name.startswith('droplab.harness.')] == [\n"
        "        'droplab.harness.pytest_plugin']\n"
    )
    done = run_pytest(tmp_path)
    assert outcomes(done) == {"test_foreign": "PASSED"}, done.stdout


def test_cases_of_a_graded_kind(tmp_path: Path) -> None:
    (tmp_path / "test_cases.py").write_text(
        "import pytest\n"
        "@pytest.mark.droplab_cases('mtu', healthy=2)\n"
        "def test_case(case):\n"
        "    assert case.real == (case.kind == 'mtu')\n"
    )
    done = run_pytest(tmp_path, "--strict-markers")
    assert list(outcomes(done).items()) == [
        ("test_case[mtu-mtu=100]", "PASSED"),
        ("test_case[mtu-mtu=576]", "PASSED"),
        ("test_case[mtu-mtu=1280]", "PASSED"),
        ("test_case[healthy-1]", "PASSED"),
        ("test_case[healthy-2]", "PASSED"),
    ], done.stdout


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("@pytest.mark.droplab_cases('mut')\ndef test_it(case): ...", "no fault is called 'mut'; did you mean mtu?"),
        ("@pytest.mark.droplab_cases('mtu')\ndef test_it(): ...", "droplab_cases needs an argument called `case`"),
    ],
)
def test_mistakes_in_a_marker_are_told_in_one_line(tmp_path: Path, body: str, words: str) -> None:
    (tmp_path / "test_wrong.py").write_text(f"import pytest\n{body}\n")
    done = run_pytest(tmp_path)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr

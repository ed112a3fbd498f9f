"""The example project, run from an installed wheel by its own pytest: what docs/testing-tools.md promises."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.packaging.conftest import REPOSITORY, Installed


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return shutil.copytree(REPOSITORY / "examples" / "tool-tests", tmp_path / "tool-tests")


@pytest.mark.netns
def test_its_tests_pass(installed: Installed, example: Path) -> None:
    done = installed.run(
        "pytest", "-v", "-p", "no:cacheprovider", "--strict-markers", "--droplab-require", cwd=example, timeout_s=400
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b6 passed", done.stdout)


@pytest.mark.netns
def test_its_tool_can_be_scored(installed: Installed, example: Path) -> None:
    done = installed.run(
        "droplab", "score", "tools/lossmeter.yaml", "--case", "link_down", "--case", "mtu mtu=100", cwd=example
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"link_down +1/1", done.stdout)
    assert re.search(r"mtu mtu=100 +0/1 .* cannot see", done.stdout)
    assert (example / "reports" / "score" / "score.html").is_file()


def test_the_plugin_is_there_without_being_asked_for(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "test_foreign.py").write_text(
        "import sys\n"
        "def test_foreign(request):\n"
        "    assert request.config.pluginmanager.has_plugin('droplab')\n"
        "    assert not {'pydantic', 'pyroute2', 'scapy', 'docker', 'yaml'} & sys.modules.keys()\n"
    )
    done = installed.run("pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr

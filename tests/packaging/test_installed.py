from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.packaging.conftest import REPOSITORY, Installed


@pytest.fixture
def user_project(tmp_path: Path) -> Path:
    """A project of somebody who tests a tool and has packages named harness, faults and labs."""
    for name in ("harness", "faults", "labs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "mytool.py").write_text(f"NAME = 'my {name}'\n")
    (tmp_path / "test_mytool.py").write_text(
        "from faults import mytool as f\n"
        "from harness import mytool as h\n"
        "from labs import mytool as l\n"
        "\n"
        "def test_mine():\n"
        "    assert [f.NAME, h.NAME, l.NAME] == ['my faults', 'my harness', 'my labs']\n"
        "\n"
        "def test_droplab_is_there_too():\n"
        "    import droplab.harness.errors\n"
        "    import droplab.faults\n"
        "    assert 'site-packages' in droplab.harness.errors.__file__\n"
    )
    return tmp_path


def test_list_from_the_root_folder_names_every_lab(installed: Installed) -> None:
    done = installed.run("droplab", "list", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    labs = json.dumps(json.loads(done.stdout))
    for lab in (REPOSITORY / "labs").glob("*/lab.yaml"):
        assert f'"{lab.parent.name}"' in labs


def test_nothing_of_the_repository_is_imported(installed: Installed) -> None:
    done = installed.run("python", "-c", "import droplab.harness.errors as e; print(e.__file__)")
    assert done.stdout.startswith(str(installed.bin.parent)), done.stdout + done.stderr


@pytest.mark.parametrize("start", [("pytest",), ("python", "-m", "pytest")], ids=["pytest", "python-m-pytest"])
def test_users_own_packages_are_not_shadowed(installed: Installed, user_project: Path, start: tuple[str, ...]) -> None:
    done = installed.run(*start, "-q", "-p", "no:cacheprovider", cwd=user_project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b2 passed", done.stdout)


def test_droplab_works_in_a_folder_with_a_harness_of_its_own(installed: Installed, user_project: Path) -> None:
    done = installed.run("droplab", "list", cwd=user_project)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.netns
def test_lab_48_runs_from_the_root_folder(installed: Installed, tmp_path: Path) -> None:
    done = installed.run("droplab", "run", "48", "--runtime", "netns", "--report", str(tmp_path / "report"))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["verdict"] == "pass"
    assert report["residue"] == []

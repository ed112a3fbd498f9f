from __future__ import annotations

from pathlib import Path

from tests.packaging.conftest import REPOSITORY, Built


def files_below(folder: str) -> set[str]:
    found = (path for path in (REPOSITORY / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"droplab/{path.relative_to(REPOSITORY)}" for path in found}


def test_wheel_holds_every_file_of_the_three_folders(built: Built) -> None:
    names = built.wheel_names()
    for folder in ("harness", "faults", "labs"):
        expected = files_below(folder)
        assert expected, folder
        assert expected <= names


def test_sdist_holds_every_file_of_the_three_folders(built: Built) -> None:
    names = built.sdist_names()
    assert files_below("harness") | files_below("faults") | files_below("labs") <= names


def test_wheel_holds_the_marker_that_says_it_is_typed(built: Built) -> None:
    assert "droplab/py.typed" in built.wheel_names()


def test_wheel_has_one_top_level_name(built: Built) -> None:
    tops = {Path(name).parts[0] for name in built.wheel_names()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"droplab"}


def test_wheel_holds_no_tests_and_no_compiled_files(built: Built) -> None:
    assert not [name for name in built.wheel_names() if "/tests/" in name or name.endswith(".pyc")]

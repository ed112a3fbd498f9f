"""The folder of a lab: its digest, its texts, and what may not be taken from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from droplab.harness.definition.folder import digest
from droplab.harness.definition.loader import load
from droplab.harness.errors import DefinitionError
from tests.unit.definition.definitions import FILES, GOOD, changed, problems, write


@pytest.mark.parametrize("name", [*FILES, "lab.yaml"])
def test_the_digest_changes_with_every_file(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path)
    before = load(folder).digest
    (folder / name).write_text((folder / name).read_text() + "\n")
    assert load(folder).digest != before


def test_the_digest_changes_with_names_and_new_files(tmp_path: Path) -> None:
    folder = write(tmp_path)
    digests = {digest(folder)}
    (folder / "sub").mkdir()
    (folder / "sub" / "a").write_text("x")
    digests.add(digest(folder))
    (folder / "sub" / "a").rename(folder / "sub" / "b")
    digests.add(digest(folder))
    (folder / "sub" / "b").write_text("")
    (folder / "sub" / "c").write_text("x")
    digests.add(digest(folder))
    assert len(digests) == 4


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one"), write(tmp_path / "other")
    (other / ".git").mkdir()
    (other / ".git" / "x").write_text("hidden")
    (other / "lab.yaml").touch()
    assert digest(one) == digest(other)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "memory").symlink_to("/proc/self/mem")  # EIO at address 0, for root as well
    with pytest.raises(DefinitionError, match=r"/memory: cannot be read: Input/output error$"):
        load(folder)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "lab")
    (tmp_path / "secret").write_text("x")
    (folder / "lab.conf").unlink()
    (folder / "lab.conf").symlink_to(tmp_path / "secret")
    assert problems(folder) == [
        "21:22: nodes.nginx.files./etc/lab.conf: a file of the lab's own folder is needed (got lab.conf)"
    ]


def test_a_mistake_in_a_text_beside_the_definition_has_its_place(tmp_path: Path) -> None:
    folder = write(tmp_path, hints_md="- a\n\n- [dorp] b $q\n- [drop]\n", story_md="$ is fine, 5$, $$x\nnot $nope\n")
    assert problems(folder) == [
        "story.md:2:5: no parameter is called nope; known: p, port, mtu, who; a dollar is written $$",
        "hints.md:3:12: no parameter is called q; known: p, port, mtu, who; a dollar is written $$",
        "hints.md:3:3: no fault of this lab is called dorp; did you mean drop?",
        "hints.md:4:1: this hint is empty",
    ]


def test_a_file_without_hints_is_told(tmp_path: Path) -> None:
    assert problems(write(tmp_path, hints_md="Nothing.\n")) == [
        "hints.md:1:1: no hints here; each is an item of a list: - text"
    ]


def test_the_files_of_a_lab_are_bounded(tmp_path: Path) -> None:
    files = ", ".join(f"/srv/{number}: {{size: {64 << 20}}}" for number in range(5))
    found = problems(
        write(tmp_path, changed("      /var/www/html/big: {size: 1000}", f"      {files}".replace(", ", "\n      ")))
    )
    assert [line.partition(": ")[2] for line in found] == [
        "nodes.nginx.files./srv/3: all files of a lab together have at most 256 MiB",
    ]


def test_another_name_than_lab_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    with pytest.raises(
        DefinitionError, match=r"mine\.yaml: a definition is called lab\.yaml and has a folder of its own"
    ):
        load(tmp_path / "mine.yaml")


@pytest.mark.parametrize("name", ["nowhere", "nowhere/lab.yaml", "x" * 300])
def test_a_lab_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(DefinitionError, match=r"no such file|cannot be read"):
        load(tmp_path / name)

"""Every droplab command of the README works as it stands there, in its order."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.labs.cli import droplab

REPOSITORY = Path(__file__).parents[2]
REPAIR = "iptables -F; ip link set eth0 mtu 1500"
README = (REPOSITORY / "README.md").read_text()


def commands() -> list[list[str]]:
    """The words of each line of a shell block that calls droplab, without sudo, path and comment."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    calls = [line.partition(".venv/bin/droplab ")[2] for line in lines if ".venv/bin/droplab " in line]
    return [shlex.split(call.partition("#")[0]) for call in calls]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the labs and tools of the repository, and run files of its own."""
    monkeypatch.setenv("DROPLAB_RUN_DIR", str(tmp_path / "run"))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(REPOSITORY / "labs" / "48", tmp_path / "my-lab")
    (tmp_path / "tests").symlink_to(REPOSITORY / "tests")
    yield tmp_path
    droplab("stop", "--all")


def test_every_command_of_the_readme(place: Path) -> None:
    fault = ""
    seen = set()
    for words in commands():
        verb = words[0]
        seen.add(verb)
        if verb == "inject":  # its container is anybody's: tests/docker breaks one; here it is a lab's node
            assert droplab("start", "48", "--runtime", "netns").returncode == 0
            assert droplab("exec", "48", "nginx", "--", "sh", "-c", REPAIR).returncode == 0
            words = ["inject", "48/client", *words[2:]]  # noqa: PLW2901 (the words that can be run here)
        if verb == "remediate":
            words = ["remediate", fault]  # noqa: PLW2901
        if verb in ("start", "run"):
            words = [*words, "--runtime", "netns"]  # noqa: PLW2901
        done = droplab(*words)
        assert done.returncode == (1 if verb == "check" else 0), f"{words}: {done.stdout}{done.stderr}"
        fault = done.stdout.strip() if verb == "inject" else fault
    assert seen >= {"start", "shell", "check", "hint", "stop", "inject", "remediate", "validate", "run", "score"}


def test_the_lab_of_the_readme_passes(place: Path) -> None:
    text = re.search(r"```yaml\n(nodes:.*?)```", README, re.DOTALL)
    assert text
    (place / "heart").mkdir()
    (place / "heart" / "lab.yaml").write_text(f"schema: 1\ntitle: The heart\n{text[1]}")
    done = droplab("run", "heart", "--runtime", "netns")
    assert done.returncode == 0, done.stdout + done.stderr

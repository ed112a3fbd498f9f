"""Run files in a folder of the test's own, and a node that is a set of words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.node import Result


@pytest.fixture(autouse=True)
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where run files go in this test."""
    monkeypatch.setenv("DROPLAB_RUN_DIR", str(tmp_path / "run"))
    return tmp_path / "run"


class WordNode:
    """A node whose whole state is a set of words: `add W`, `del W`, `has W`; `stuck` words cannot be deleted."""

    name = "words"
    hosts: dict[str, str] = {}  # noqa: RUF012 (never written)

    def __init__(self, *words: str, stuck: Sequence[str] = ()) -> None:
        self.words = set(words)
        self.stuck = set(stuck)
        self.ran: list[tuple[str, ...]] = []

    def run(
        self, argv: Sequence[str], *, check: bool = True, timeout_s: float = 10, stdin: str | None = None
    ) -> Result:
        """Run one of the three verbs; an unknown one fails."""
        verb, *words = argv
        self.ran.append(tuple(argv))
        ok = True
        if verb == "add":
            self.words.update(words)
        elif verb == "del":
            self.words -= set(words) - self.stuck
        elif verb == "has":
            ok = set(words) <= self.words
        else:
            ok = False
        if check and not ok:
            from droplab.harness.errors import CommandFailed

            raise CommandFailed(" ".join(argv))
        return Result(tuple(argv), 0 if ok else 1, "", "", 0.0)


def rule(word: str) -> Change:
    """A rule kind: it is there or it is not."""
    return Change(apply=(("add", word),), present=Question(("has", word)), revert=(("del", word),))


def value(ours: str, original: str) -> Change:
    """A value kind: `ours` replaces `original`."""
    return Change(
        apply=(("del", original), ("add", ours)),
        present=Question(("has", ours)),
        revert=(("del", ours), ("add", original)),
        original=Question(("has", original)),
    )

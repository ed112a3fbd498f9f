"""Apply and undo: intent before the change, compare-and-set on the way back."""

from __future__ import annotations

import resource

import pytest

from droplab.harness.contracts.change import Change, Question
from droplab.harness.engine import journal
from droplab.harness.engine.runfile import RunFile, unsettled
from droplab.harness.errors import CommandFailed, MachineLacks, UsageError

from .conftest import WordNode, rule, value

TARGET = {"node": "words", "pid": None, "cookie": 1}


@pytest.fixture
def run() -> RunFile:
    """A run file of a foreground run."""
    return RunFile.create({"state": "foreground", "lab": "48"})


def test_apply_writes_the_intent_before_and_done_after(run: RunFile) -> None:
    node = WordNode()
    number = journal.apply(run, node, TARGET, rule("drop"), "drop_input")
    kinds = [next(iter(record)) for record in run.records()[1:]]
    assert kinds == ["intent", "done"]
    assert node.words == {"drop"}
    assert journal.undo(run, node, number, rule("drop"), "drop_input") is None
    assert node.words == set()
    assert unsettled(run.records()) == []


def test_what_is_there_already_is_refused_and_not_journaled(run: RunFile) -> None:
    node = WordNode("drop")
    with pytest.raises(UsageError, match="could not tell ours from yours"):
        journal.apply(run, node, TARGET, rule("drop"), "drop_input")
    assert unsettled(run.records()) == []
    assert node.words == {"drop"}


def test_a_command_that_fails_half_way_is_undone(run: RunFile) -> None:
    node = WordNode()
    broken = Change(
        apply=(("add", "first"), ("explode",)), present=Question(("has", "first")), revert=(("del", "first"),)
    )
    with pytest.raises(CommandFailed):
        journal.apply(run, node, TARGET, broken, "half")
    assert node.words == set()
    assert unsettled(run.records()) == []


def test_a_rule_that_someone_else_deleted_is_settled_without_touching_anything(run: RunFile) -> None:
    node = WordNode()
    number = journal.apply(run, node, TARGET, rule("drop"), "r")
    node.words.clear()
    node.ran.clear()
    assert journal.undo(run, node, number, rule("drop"), "r") is None
    assert node.ran == [("has", "drop")]


def test_a_value_that_someone_else_changed_is_left_alone_and_reported(run: RunFile) -> None:
    node = WordNode("1500")
    number = journal.apply(run, node, TARGET, value("100", "1500"), "small_mtu")
    node.words = {"9000"}
    left = journal.undo(run, node, number, value("100", "1500"), "small_mtu")
    assert left is not None
    assert "changed by someone else" in left
    assert node.words == {"9000"}
    assert len(unsettled(run.records())) == 1


def test_a_value_that_is_back_already_is_settled(run: RunFile) -> None:
    node = WordNode("1500")
    number = journal.apply(run, node, TARGET, value("100", "1500"), "small_mtu")
    node.words = {"1500"}
    assert journal.undo(run, node, number, value("100", "1500"), "small_mtu") is None


def test_what_will_not_go_is_residue(run: RunFile) -> None:
    node = WordNode(stuck=["drop"])
    number = journal.apply(run, node, TARGET, rule("drop"), "r")
    left = journal.undo(run, node, number, rule("drop"), "r")
    assert left is not None
    assert "still there" in left


def test_a_change_survives_the_journal() -> None:
    change = value("100", "1500")
    assert Change.from_json(change.to_json()) == change
    assert "stdin" not in Change(apply=(), present=Question(()), revert=(), stdin="x" * 10).to_json()


def test_a_change_whose_done_cannot_be_written_is_undone(run: RunFile) -> None:
    node = WordNode()
    with run.path.open("rb") as handle:
        before = len(handle.read())
    journal.apply(run, node, TARGET, rule("drop"), "drop_input")
    node.words.clear()
    size = run.path.stat().st_size - before - len(b'{"done":1}\n')
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (run.path.stat().st_size + size + 4, hard))
    try:
        with pytest.raises(MachineLacks):
            journal.apply(run, node, TARGET, rule("drop"), "drop_input")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert node.words == set()

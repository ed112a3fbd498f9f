"""The run file: locked before it is visible, torn lines never happened, only the dead can be adopted."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from droplab.harness.engine.runfile import RunFile, append, last, read, runs, unsettled
from droplab.harness.errors import MachineLacks


def test_a_run_is_alive_while_its_file_is_held_and_gone_after_remove(run_folder: Path) -> None:
    run = RunFile.create({"state": "foreground", "lab": "48"})
    (found,) = runs()
    assert (found.id, found.state, found.alive) == (run.id, "foreground", True)
    assert RunFile.adopt(run.path) is None
    run.remove()
    assert runs() == []
    assert list(run_folder.iterdir()) == []


def test_a_killed_run_can_be_adopted_by_one_only() -> None:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        run = RunFile.create({"state": "foreground", "lab": "48"})
        os.write(write_end, str(run.path).encode())
        signal.pause()
    path = Path(os.read(read_end, 4096).decode())
    assert RunFile.adopt(path) is None
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    first = RunFile.adopt(path)
    assert first is not None
    assert RunFile.adopt(path) is None
    first.remove()
    assert RunFile.adopt(path) is None


def test_a_lock_handed_to_a_child_keeps_the_run_alive() -> None:
    run = RunFile.create({"state": "started", "name": "a"})
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write_end)
        os.read(read_end, 1)
        os._exit(0)
    run.release()
    assert [found.alive for found in runs()] == [True]
    os.close(write_end)
    os.waitpid(child, 0)
    assert [found.alive for found in runs()] == [False]


def test_a_torn_last_line_was_never_written() -> None:
    run = RunFile.create({"state": "foreground"})
    run.intent({"label": "a"})
    with run.path.open("ab") as file:
        file.write(b'{"intent":2,"label":"torn')
    assert [intent["label"] for intent in unsettled(read(run.path))] == ["a"]


def test_unsettled_are_the_intents_not_undone_in_order() -> None:
    run = RunFile.create({"state": "foreground"})
    numbers = [run.intent({"label": label}) for label in "abc"]
    run.done(numbers[0])
    run.settled(numbers[1])
    assert [intent["label"] for intent in unsettled(run.records())] == ["a", "c"]


def test_an_adopted_file_goes_on_counting() -> None:
    run = RunFile.create({"state": "foreground"})
    run.intent({"label": "a"})
    run.release()
    adopted = RunFile.adopt(run.path)
    assert adopted is not None
    assert adopted.intent({"label": "b"}) == 2


def test_append_reaches_the_file_of_a_living_run() -> None:
    run = RunFile.create({"state": "started"})
    append(run.path, {"hint": 3})
    assert last(run.records(), "hint") == 3


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Files may grow to ``size`` bytes, as on a disk that is full then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("short", [1, 9])
def test_a_record_that_a_full_disk_cut_is_refused_and_spoils_no_later_one(short: int) -> None:
    run = RunFile.create({"state": "foreground"})
    size = run.path.stat().st_size
    with room_for(size + short), pytest.raises(MachineLacks, match="cannot be written"):
        run.intent({"label": "a"})
    assert run.path.stat().st_size == size + short
    run.intent({"label": "b"})
    assert [intent["label"] for intent in unsettled(run.records())] == ["b"]


def test_a_full_disk_stops_no_undoing() -> None:
    run = RunFile.create({"state": "foreground"})
    number = run.intent({"label": "a"})
    with room_for(run.path.stat().st_size):
        run.settled(number)
    assert len(unsettled(run.records())) == 1
    run.settled(number)
    assert unsettled(run.records()) == []


def test_a_run_that_cannot_write_its_first_record_leaves_no_file(run_folder: Path) -> None:
    with room_for(3), pytest.raises(MachineLacks):
        RunFile.create({"state": "foreground"})
    assert list(run_folder.iterdir()) == []

"""Undoing what killed runs left: replay each dead run's file backwards, then remove it. The living are not touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from droplab.harness.contracts.change import Change
from droplab.harness.contracts.node import Node
from droplab.harness.engine import journal
from droplab.harness.engine.host import host_node
from droplab.harness.engine.runfile import Record, RunFile, folder, last, read, unsettled

if TYPE_CHECKING:
    from droplab.harness.runtime.contract import Runtime


@dataclass(frozen=True)
class Swept:
    """What clean did with one dead run: what it undid, and what is left."""

    run_id: str
    undone: tuple[str, ...]
    residue: tuple[str, ...]


def sweep(only: str | None = None) -> list[Swept]:
    """Undo every dead run (or the one named ``only``). Detached faults stay; two sweeps at once share the work."""
    _drop_unborn()
    paths = (path for path in sorted(folder().glob("*.jsonl")) if only in (None, path.stem))
    return [result for path in paths if (result := _sweep(path))]


def _drop_unborn() -> None:
    """A file that was never renamed belongs to a run that was killed before it began."""
    for path in folder().glob("*.tmp"):
        if unborn := RunFile.adopt(path):
            unborn.remove()


def _sweep(path: Path) -> Swept | None:
    records = read(path)
    if records and last(records, "state") == "detached" and _targets_live(records):
        return None
    run = RunFile.adopt(path)
    if run is None:
        return None
    try:
        undone, residue = settle(run)
        if residue:
            run.release()
        else:
            run.remove()
        return Swept(run.id, tuple(undone), tuple(residue))
    finally:
        run.release()


def settle(run: RunFile, find: Callable[[Mapping[str, Any]], Node | None] | None = None) -> tuple[list[str], list[str]]:
    """Undo everything that an adopted run file lists: (undone, residue), in words.

    The lab goes first, and with it what was changed in its nodes; then what outlasts it, newest first. ``find`` gives
    the node that a journal's target names, None when it is gone.
    """
    records = run.records()
    undone, residue = _end_lab(records)
    for intent in reversed(unsettled(records)):
        change = Change.from_json(intent["change"])
        node = (find or target)(intent["target"])
        if node is None:
            run.settled(intent["intent"])  # its namespace is gone, and the change with it
            continue
        left = journal.undo(run, node, intent["intent"], change, intent["label"])
        (residue if left else undone).append(left or f"{intent['label']} on {intent['target']['node']}")
    return undone, residue


def _end_lab(records: list[Record]) -> tuple[list[str], list[str]]:
    provision = last(records, "provision")
    if not provision:
        return [], []
    residue = runtime_named(provision["runtime"]).destroy(last(records, "live") or provision)
    return ([] if residue else [f"lab {records[0].get('name') or records[0].get('lab')}"]), residue


def target(record: Mapping[str, Any]) -> Node | None:
    """The namespace that a journal names, if it is still the same one; None when it is gone."""
    if record["node"] == "host":
        return host_node()
    from droplab.harness.runtime.attach import reopen

    return reopen(record)


def runtime_named(name: str) -> Runtime:
    """netns or docker."""
    if name == "docker":
        from droplab.harness.runtime.docker import DockerRuntime

        return DockerRuntime()
    from droplab.harness.runtime.netns import NetnsRuntime

    return NetnsRuntime()


def _targets_live(records: list[Record]) -> bool:
    return any(target(intent["target"]) is not None for intent in unsettled(records))

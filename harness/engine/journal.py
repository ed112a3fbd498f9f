"""Applying and undoing changes under a journal: intent, apply, done; revert, look, settled.

Undoing is compare-and-set: a rule is deleted only while it is there, a value is put back only while it is still ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from droplab.harness.contracts.change import Change
from droplab.harness.contracts.node import Runs
from droplab.harness.engine.runfile import RunFile
from droplab.harness.errors import UsageError


def apply(run: RunFile, node: Runs, target: Mapping[str, Any], change: Change, label: str) -> int:
    """Apply ``change`` to ``node`` and return its number in the journal.

    ``target`` identifies the namespace for a later undo. Raises UsageError when the change is there already, since
    ours could not be told from theirs, and CommandFailed when a command fails (what was done is then undone).
    """
    if change.present.holds(node):
        raise UsageError(
            f"{label}: {node.name} has it already ({' '.join(change.present.argv)}); could not tell ours from yours"
        )
    number = run.intent({"target": dict(target), "label": label, "change": change.to_json()})
    try:
        for argv in change.apply:
            change.run(node, argv, stdin=change.stdin if "/dev/stdin" in argv else None)
            run.step()
        run.done(number)
    except BaseException:
        undo(run, node, number, change, label)
        raise
    return number


def undo(run: RunFile, node: Runs, number: int, change: Change, label: str) -> str | None:
    """Undo a change; None when it is undone or was undone by somebody else, else one line of residue."""
    left = revert(node, change, label)
    run.step()
    if left is None:
        run.settled(number)
    return left


def revert(node: Runs, change: Change, label: str) -> str | None:
    """Revert while it is there. Returns what is left, in words, or None."""
    if change.present.holds(node):
        for argv in change.revert:
            change.run(node, argv, check=False)
        if change.present.holds(node):
            return f"{label}: still there on {node.name} after {'; '.join(' '.join(argv) for argv in change.revert)}"
        return None
    if change.original is not None and not change.original.holds(node):
        return f"{label}: changed by someone else on {node.name}, left alone ({' '.join(change.original.argv)})"
    return None

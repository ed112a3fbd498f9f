"""Changes that the whole machine feels: one at a time, watched, and put back even when the node is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Set
from typing import TYPE_CHECKING, Any

from droplab.harness.contracts.change import Change
from droplab.harness.engine import journal
from droplab.harness.engine.runfile import RunFile, exclusive, runs, unsettled
from droplab.harness.errors import MachineLacks

if TYPE_CHECKING:
    from droplab.harness.contracts.node import Node

TARGET = {"node": "host", "pid": None, "cookie": None}

WATCH = 'cat >/dev/null; exec "$@"'
"""Waits until the harness has died (end of file on the pipe), then runs the clean command."""


def host_node() -> Node:
    """This machine's own network namespace as a node."""
    from droplab.harness.runtime.node import NetnsNode

    return NetnsNode("host", "/proc/self/ns/net")


class HostChange:
    """A host-wide change in force."""

    def __init__(
        self, run: RunFile, number: int, change: Change, label: str, watchdog: subprocess.Popen[Any] | None
    ) -> None:
        self._run = run
        self.number = number
        self._change = change
        self._label = label
        self._watchdog = watchdog

    @classmethod
    def begin(cls, run: RunFile, change: Change, label: str, *, watched: bool) -> HostChange:
        """Start the watchdog, then apply. Raises MachineLacks naming the run that holds the machine already.

        ``watched``: undo it when this process dies. Not for what is meant to outlive it.
        """
        with exclusive():
            _refuse_second(run, label)
            watchdog = watch(run.id) if watched else None
            try:
                number = journal.apply(run, host_node(), TARGET, change, label)
            except BaseException:
                _dismiss(watchdog)
                raise
        return cls(run, number, change, label, watchdog)

    def end(self) -> str | None:
        """Put it back; what is left, in words."""
        left = journal.undo(self._run, host_node(), self.number, self._change, self._label)
        _dismiss(self._watchdog)
        return left


def undo_all(run: RunFile, *, except_for: Set[int] = frozenset()) -> list[str]:
    """Undo the host-wide changes that a run's file still has, newest first; what is left, in words."""
    still = [intent for intent in unsettled(run.records()) if intent["target"]["node"] == TARGET["node"]]
    left = [
        journal.undo(run, host_node(), intent["intent"], Change.from_json(intent["change"]), intent["label"])
        for intent in reversed(still)
        if intent["intent"] not in except_for
    ]
    return [words for words in left if words]


def _refuse_second(run: RunFile, label: str) -> None:
    for other in runs():
        if other.id != run.id and any(intent["target"]["node"] == "host" for intent in unsettled(other.records)):
            what = other.header.get("name") or other.header.get("lab") or other.header.get("target")
            raise MachineLacks(
                f"{label}: run {other.id} ({what}) holds a host-wide fault; one at a time: wait, or stop it"
            )


def watch(run_id: str) -> subprocess.Popen[Any]:
    """A process of its own session that runs ``droplab clean --run ID`` when this process has died."""
    clean = (sys.executable, "-m", "droplab", "clean", "--run", run_id)
    return subprocess.Popen(
        ("sh", "-c", WATCH, "droplab-watchdog", *clean),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _dismiss(watchdog: subprocess.Popen[Any] | None) -> None:
    """End it before its pipe closes. It waits in cat, so the whole session is ended."""
    if watchdog is None:
        return
    os.killpg(watchdog.pid, signal.SIGKILL)
    watchdog.wait()
    if watchdog.stdin:
        watchdog.stdin.close()

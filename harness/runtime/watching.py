"""Watching with one command what another one causes, as in two terminals."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Protocol

from droplab.harness.contracts.node import Result
from droplab.harness.runtime.contract import LiveNode

STARTS_WITHIN_S = 1.0
"""For the watching command to print something, such as tcpdump's "listening on"."""
QUIET_S = 0.15
QUIET_WITHIN_S = 1.5
"""tcpdump hands over what it has captured every 0.1 s where its output is a terminal; later packets would be lost."""


class Watcher(Protocol):
    """A running command whose output is taken in."""

    def read_until_quiet(self, quiet_s: float, within_s: float) -> None:
        """Take in output until there has been none for ``quiet_s`` seconds."""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command."""

    def finish(self, timeout_s: float) -> Result:
        """Wait for the end, then the result."""


def watch(watcher: Watcher, during: LiveNode, other: Sequence[str], timeout_s: float) -> tuple[Result, Result]:
    """Run ``other`` in ``during``, wait until ``watcher`` has told all, interrupt it; both results."""
    meanwhile = during.exec(other, timeout_s=timeout_s)
    watcher.read_until_quiet(QUIET_S, QUIET_WITHIN_S)
    watcher.signal(signal.SIGINT)
    return watcher.finish(timeout_s), meanwhile

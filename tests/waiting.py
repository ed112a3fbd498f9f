"""Waiting for a state of the machine, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable


def gone_within(seconds: float, question: Callable[[], object]) -> bool:
    """Whether ``question`` finds nothing any more within so many seconds."""
    deadline = time.monotonic() + seconds
    while question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True

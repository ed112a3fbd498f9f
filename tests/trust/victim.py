"""A run that is killed, and where it was when that happened."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from droplab.harness.engine.runfile import KILL_AFTER, folder, last, read, unsettled

DROPLAB = (sys.executable, "-m", "droplab")
GIVES_UP_S = 600.0


def droplab(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run droplab to its end."""
    return subprocess.run(
        (*DROPLAB, *words),
        capture_output=True,
        text=True,
        check=False,
        timeout=GIVES_UP_S,
        env={**os.environ, **environment},
    )


class Victim:
    """``argv`` as a process that can be killed alone; what it prints goes to a file."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._log = folder().with_suffix(f".{time.monotonic_ns()}.log")
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **(environment or {})}
            )
        self.began = time.monotonic()

    @classmethod
    def after_step(cls, argv: Sequence[str], step: int) -> Victim:
        """One that kills itself after so many writes and applied commands of its run file."""
        return cls(argv, {KILL_AFTER: str(step)})

    def kill_at(self, after_s: float) -> str:
        """SIGKILL so many seconds after its start, or let it be when it ends before; the phase that it was in."""
        try:
            self.process.wait(max(0.0, self.began + after_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            phase = self.phase()
            self.process.kill()
            self.process.wait()
            return phase
        return "ended before"

    def wait(self) -> int:
        """Its exit status: negative for the signal that ended it."""
        return self.process.wait(GIVES_UP_S)

    def said(self) -> str:
        """What it printed so far."""
        return self._log.read_text(errors="replace")

    def records(self) -> list[dict[str, object]]:
        """Its run file so far."""
        for path in folder().glob("*.jsonl"):
            records = read(path)
            if records and records[0].get("pid") == self.process.pid:
                return records
        return []

    def phase(self) -> str:
        """What it does now, by its run file first and by its words where the file does not tell."""
        records = self.records()
        if not records:
            return "teardown" if "gone" in self.said() else "before the run file"
        if last(records, "provision") is None or last(records, "live") is None:
            return "provision"
        if last(records, "baseline") is None:
            return "healthy"
        faults = unsettled(records)
        if sum("done" in record for record in records) < 3:
            return f"inject {len(faults)}"
        return _later(self.said())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._log.unlink(missing_ok=True)


def _later(said: str) -> str:
    for word, phase in (
        (" gone ", "teardown"),
        ("shown and done", "gone"),
        ("step 1", "step 2"),
        (" broken ", "step 1"),
    ):
        if word in said:
            return phase
    return "broken"

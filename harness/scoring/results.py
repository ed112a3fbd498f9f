"""The results file: one line for each outcome, so that a run that was cut short goes on where it ended."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from droplab.harness.errors import UsageError
from droplab.harness.scoring.tool import Tool
from droplab.harness.scoring.trial import Outcome


class Results:
    """``results.jsonl`` in a folder. Outcomes of another kernel, seed or definition do not count."""

    def __init__(self, folder: Path, tools: Sequence[Tool], seed: int) -> None:
        self._file = folder / "results.jsonl"
        self._made = {tool.name: f"{tool.digest} {platform.release()} {seed}" for tool in tools}

    def read(self) -> list[Outcome]:
        """What is there already, as far as it still counts. A torn last line counts as never written."""
        if not self._file.is_file():
            return []
        found = []
        for line in self._file.read_text().splitlines():
            try:
                record = json.loads(line)
                made = record.pop("made")
                outcome = Outcome.from_json(record)
            except (ValueError, KeyError, TypeError):
                continue
            if made == self._made.get(outcome.tool):
                found.append(outcome)
        return found

    def begin(self) -> None:
        """Throw away what is there."""
        self._file.unlink(missing_ok=True)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Append; raises UsageError where it cannot be written."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a") as opened:
                for outcome in outcomes:
                    opened.write(json.dumps({**outcome.to_json(), "made": self._made[outcome.tool]}) + "\n")
        except OSError as error:
            raise UsageError(f"{self._file}: cannot be written: {error.strerror}") from error

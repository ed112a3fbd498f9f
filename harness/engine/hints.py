"""Hints from general to specific that follow what is still broken."""

from __future__ import annotations

from droplab.harness.definition.lab import Hint
from droplab.harness.engine import runfile
from droplab.harness.engine.started import StartedLab


def next_hint(started: StartedLab) -> tuple[Hint | None, int]:
    """The next hint that fits what is still there, and how many fitting ones follow it. None when all were given."""
    present = set(started.present())
    given = {record["hint"] for record in started.run.records if "hint" in record}
    fitting = [
        (number, hint) for number, hint in enumerate(started.lab.hints) if number not in given and _fits(hint, present)
    ]
    if not fitting:
        return None, 0
    number, hint = fitting[0]
    runfile.append(started.run.path, {"hint": number})
    return hint, len(fitting) - 1


def _fits(hint: Hint, present: set[str]) -> bool:
    return hint.fault is None or hint.fault in present

"""What ``droplab score`` found, as one value; rendered by harness/render as console, JSON, JUnit, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from droplab.harness.scoring.baseline import Change
from droplab.harness.scoring.rates import ERROR, Score


@dataclass(frozen=True)
class Scoring:
    """Every tool's score, and what became of the baseline's cases."""

    scores: tuple[Score, ...]
    changes: tuple[Change, ...]
    seed: int
    runtime: str
    environment: Mapping[str, str]
    duration_s: float
    reproduce: str

    @property
    def excluded(self) -> int:
        """Trials that were not counted, all tools together."""
        return sum(score.excluded for score in self.scores)

    @property
    def failed(self) -> bool:
        """A case is worse than the baseline, or gone."""
        return any(change.fails for change in self.changes)

    def to_json(self) -> dict[str, Any]:
        """The document that ``--json`` prints."""
        return {
            "schema": 1,
            "seed": self.seed,
            "runtime": self.runtime,
            "interval_error": ERROR,
            "scores": [score.to_json() for score in self.scores],
            "changes": [vars(change) for change in self.changes],
            "environment": dict(self.environment),
            "duration_s": round(self.duration_s, 1),
            "reproduce": self.reproduce,
        }

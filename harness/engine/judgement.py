"""``check``: is a started lab repaired? Three verdicts on behaviour and state, never on commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from droplab.harness.engine.events import Listener
from droplab.harness.engine.measure import Measurer
from droplab.harness.engine.settle import settle
from droplab.harness.engine.snapshot import Difference, diff, take
from droplab.harness.engine.started import StartedLab
from droplab.harness.verdict.judge import Check


@dataclass(frozen=True)
class Judgement:
    """What ``check`` found."""

    symptoms: tuple[Check, ...]
    """Every expectation of ``healthy`` and ``always``."""
    causes: tuple[str, ...]
    """The faults that are still there, by key."""
    changes: tuple[Difference, ...]
    """What else differs from how the lab began, apart from the faults themselves and what an alternative leaves."""

    @property
    def verdict(self) -> Literal["repaired", "works, but", "broken", "inconclusive"]:
        """repaired only when nothing hurts, no fault is left and nothing else was changed."""
        verdicts = {check.verdict for check in self.symptoms}
        if "fail" in verdicts or "error" in verdicts:
            return "broken"
        if "inconclusive" in verdicts:
            return "inconclusive"
        return "works, but" if self.causes or self.changes else "repaired"

    def to_json(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "verdict": self.verdict,
            "symptoms": [vars(check) for check in self.symptoms],
            "causes": list(self.causes),
            "changes": [change.words for change in self.changes],
        }


def judge(started: StartedLab, listener: Listener) -> Judgement:
    """Measure and compare; changes nothing that lasts."""
    settle(started.live.nodes.values())
    measurer = Measurer(started.lab, started.nodes, listener)
    symptoms = tuple(measurer.checks(started.lab.healthy, started.lab.always))
    now = diff(started.baseline, take(started.live.nodes, started.live.switch))
    return Judgement(symptoms, tuple(started.present()), tuple(others(started, now)))


def others(started: StartedLab, now: list[Difference]) -> list[Difference]:
    """The differences that neither the faults made nor an alternative may leave."""
    faults = diff(started.baseline, started.broken)
    allowed = {section for alternative in started.lab.alternatives for section in alternative.leaves}
    return [difference for difference in now if difference not in faults and difference.section not in allowed]

"""``check``: is a started lab repaired? Three verdicts on behaviour and state, never on commands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from droplab.harness.definition.lab import Alternative
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
    alternative: Alternative | None = None
    """Another right repair of the definition that this is: it heals what it must and leaves what it may."""

    @property
    def verdict(self) -> Literal["repaired", "works, but", "broken", "inconclusive"]:
        """repaired only when nothing hurts, no fault is left and nothing else was changed, or by an alternative."""
        if self.alternative is not None:
            return "repaired"
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
            "alternative": self.alternative.title if self.alternative else None,
        }


def judge(started: StartedLab, listener: Listener) -> Judgement:
    """Measure and compare; changes nothing that lasts."""
    settle(started.live.nodes.values())
    measurer = Measurer(started.lab, started.nodes, listener)
    symptoms = tuple(measurer.checks(started.lab.healthy, started.lab.always))
    seen = take(started.live.nodes, started.live.switch)
    now = diff(started.baseline, seen)
    faults = diff(started.baseline, started.broken)
    own = [difference for difference in now if difference not in faults]
    present = tuple(started.present())
    touched = bool(diff(started.broken, seen))
    alternative = matching(started.lab.alternatives, own, symptoms) if present and touched else None
    allowed = {section for each in started.lab.alternatives for section in each.leaves}
    others = tuple(difference for difference in own if difference.section not in allowed)
    return Judgement(symptoms, present, others, alternative)


def matching(
    alternatives: Iterable[Alternative], own: Sequence[Difference], symptoms: Iterable[Check]
) -> Alternative | None:
    """The alternative that was taken: all that differs does so where it may, and every probe that it cures is well.

    Such a repair works around its fault, which stays.
    """
    failed = {check.probe for check in symptoms if check.verdict != "pass"}
    for each in alternatives:
        ill = failed if each.cures is None else failed & set(each.cures)
        if not ill and all(difference.section in each.leaves for difference in own):
            return each
    return None

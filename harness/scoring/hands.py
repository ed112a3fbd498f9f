"""A tool in the hands of a test: ``tool.watch(case).expect(alarm=case.real, kind=case.kind)``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from droplab.harness.errors import Ineffective, MachineLacks
from droplab.harness.scoring.cases import Case
from droplab.harness.scoring.tool import Tool
from droplab.harness.scoring.trial import Outcome, run_trial


class NotAsExpected(AssertionError):
    """The tool said something else; the message says what, and what it was shown."""


@dataclass(frozen=True)
class Told:
    """What the tool said of one case."""

    outcome: Outcome

    @property
    def alarm(self) -> bool:
        """It noticed the fault: an alarm, and none in the healthy phases before. For healthy cases: a false alarm."""
        return self.outcome.noticed or (self.outcome.kind is None and self.outcome.false_alarms > 0)

    def expect(self, *, alarm: bool | None = None, kind: str | None = None) -> None:
        """Compare what is given. ``kind`` is only compared for an alarm that names something.

        Raises NotAsExpected.
        """
        wrong = []
        if alarm is not None and self.alarm != alarm:
            wrong.append(
                f"expected {'an alarm' if alarm else 'silence'}, got {'an alarm' if self.alarm else 'silence'}"
            )
        if kind is not None and self.outcome.named and kind not in self.outcome.named:
            wrong.append(f"expected {kind}, it named {' or '.join(self.outcome.named)}")
        if wrong:
            said = self.outcome.why or "nothing that differs from the healthy phase"
            raise NotAsExpected(f"{self.outcome.tool} on {self.outcome.case}: {'; '.join(wrong)}. It said: {said}")


@dataclass(frozen=True)
class ToolInHand:
    """A tool that a test watches."""

    tool: Tool
    runtime: str
    seed: int
    _machine: Callable[[], AbstractContextManager[None]]

    def watch(self, case: Case) -> Told:
        """A fresh lab, two healthy looks, the fault with its proof, and a third look. Skips what cannot be had here."""
        with self._machine():
            (outcome,) = run_trial(case, [self.tool], 1, self.seed, self.runtime)
            if outcome.state == "lacks":
                raise MachineLacks(outcome.why)
            if outcome.state == "ineffective":
                raise Ineffective(outcome.why)
        return Told(outcome)

"""What a run tells while it goes on: the engine calls, the floors above draw."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from droplab.harness.definition.lab import Lab
from droplab.harness.engine.report import Evidence, FaultReport, Phase, Report
from droplab.harness.verdict.judge import Check


class Listener(Protocol):
    """Hears of a run, in the order of its story. No method may raise, write to a node or take long.

    A context manager: on its way out it gives the terminal back, however the run ended. Live progress is only shown
    inside the block.
    """

    def __enter__(self) -> Self:
        """Begin to listen."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; nothing is swallowed."""

    def started(self, lab: Lab, runtime: str, seed: int) -> None:
        """The run begins; nothing has been provisioned yet."""

    def phase_started(self, name: str) -> None:
        """``healthy``, ``broken``, a step's title or ``gone`` begins."""

    def measuring(self, probe: str, note: str = "") -> None:
        """A probe (its key in the definition, or what is proven or compared) is at work; ``note`` says more."""

    def check(self, check: Check) -> None:
        """A check of the current phase was judged."""

    def fault_planned(self, key: str, commands: Sequence[str]) -> None:
        """A fault is about to be injected with these commands."""

    def fault_proven(self, fault: FaultReport) -> None:
        """A fault was injected and its proof is complete."""

    def evidence(self, evidence: Evidence) -> None:
        """A command of the solution was run in a node: a look, or a repair."""

    def phase_ended(self, phase: Phase) -> None:
        """The current phase is over; ``phase`` holds all that it found."""

    def interrupted(self, signal: str) -> None:
        """The run was ended by a signal and has been torn down."""

    def tearing_down(self) -> None:
        """The lab is being torn down. Called again by each further signal that comes meanwhile."""

    def finished(self, report: Report, files: Sequence[Path] = ()) -> None:
        """The run is over; ``files`` were written."""


class Silent:
    """A listener that says nothing, for ``--json`` and for tests."""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing."""

    def started(self, lab: Lab, runtime: str, seed: int) -> None:
        """Nothing."""

    def phase_started(self, name: str) -> None:
        """Nothing."""

    def measuring(self, probe: str, note: str = "") -> None:
        """Nothing."""

    def check(self, check: Check) -> None:
        """Nothing."""

    def fault_planned(self, key: str, commands: Sequence[str]) -> None:
        """Nothing."""

    def fault_proven(self, fault: FaultReport) -> None:
        """Nothing."""

    def evidence(self, evidence: Evidence) -> None:
        """Nothing."""

    def phase_ended(self, phase: Phase) -> None:
        """Nothing."""

    def interrupted(self, signal: str) -> None:
        """Nothing."""

    def tearing_down(self) -> None:
        """Nothing."""

    def finished(self, report: Report, files: Sequence[Path] = ()) -> None:
        """Nothing."""

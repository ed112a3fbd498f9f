"""A suspect."""

from __future__ import annotations

from typing import ClassVar

from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, ProbeSpec, Signature
from droplab.harness.contracts.node import Node


class Herring(Fault):
    """It looks bad and does no harm."""

    symptom: ClassVar = "none"
    evidence: ClassVar = "none"
    lookalike: ClassVar = "none"
    remedy: ClassVar = "none"
    look: ClassVar = ("true", "none")

    def plan(self, node: Node) -> Change:
        """Nothing."""
        return Change(apply=(), present=Question(("true",)), revert=())

    def signature(self) -> Signature:
        """No symptom."""
        return Signature(ProbeSpec("syn", "loss"), traces=(), spared="nothing is hit", effect="none")

"""A fault whose effect depends on how fast packets come."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, ProbeSpec, Signature
from droplab.harness.contracts.node import Node


class Limit(Fault):
    """It drops what comes too fast."""

    symptom: ClassVar = "none"
    evidence: ClassVar = "none"
    lookalike: ClassVar = "none"
    remedy: ClassVar = "none"
    look: ClassVar = ("true", "none")

    pps: int = Field(default=100, description="packets a second that pass")

    def plan(self, node: Node) -> Change:
        """Nothing."""
        return Change(apply=(), present=Question(("true",)), revert=())

    def signature(self) -> Signature:
        """Probed at ten times the limit."""
        trigger = ProbeSpec("syn", "loss", {"count": 300, "rate_pps": 10 * self.pps})
        return Signature(trigger, traces=(), spared="every packet counts")

"""What is really wrong: what a tool's claim is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from droplab.harness.errors import UsageError

if TYPE_CHECKING:
    from droplab.harness.contracts.fault import Fault
    from droplab.harness.definition.catalogue import Catalogue
    from droplab.harness.definition.lab import FaultUse
    from droplab.harness.engine.report import FaultReport, Proof

Direction = Literal["in", "out", "through"]
CHAINS: tuple[tuple[str, Direction], ...] = (
    ("INPUT", "in"), ("PREROUTING", "in"), ("OUTPUT", "out"), ("POSTROUTING", "out"), ("FORWARD", "through"),
)  # fmt: skip
ROLES: tuple[tuple[str, Direction], ...] = (
    ("target", "in"),
    ("routed", "in"),
    ("source", "out"),
    ("through", "through"),
)


@dataclass(frozen=True)
class Truth:
    """One fault that is in and has been proven.

    ``direction`` is that of the lost packets as the broken node sees them. ``drop_reason`` is the word of tracepoint
    skb:kfree_skb for them, None where the kernel gives none.
    """

    key: str
    kind: str
    layer: str
    node: str
    direction: Direction
    parameters: Mapping[str, Any]
    drop_reason: str | None
    symptom: str
    commands: tuple[str, ...]
    proof: Proof

    @classmethod
    def of(cls, use: FaultUse, report: FaultReport, catalogue: Catalogue) -> Truth:
        """The truth about a fault that was just proven."""
        return cls(
            key=use.key,
            kind=use.kind,
            layer=catalogue.layer(use.kind),
            node=use.node,
            direction=direction(use.fault),
            parameters=report.parameters,
            drop_reason=type(use.fault).drop_reason,
            symptom=type(use.fault).symptom,
            commands=report.commands,
            proof=report.proof,
        )

    def agrees(self, lost: int, sent: int, *, error: float = 1e-6) -> bool:
        """Whether ``lost`` of ``sent`` packets fit this fault's probability, wrongly no with probability ``error``.

        Raises UsageError for a fault that does not drop with a fixed probability.
        """
        from droplab.harness.verdict.proportion import acceptance_region

        probability = self.parameters.get("probability")
        if not isinstance(probability, int | float):
            raise UsageError(f"{self.key}: {self.kind} does not drop with a probability, so no count can be expected")
        low, high = acceptance_region(sent, float(probability), error)
        return low <= lost <= high


def direction(fault: Fault) -> Direction:
    """By the chain that the fault hooks into; else by the part that the broken node has in its trigger."""
    chain = str(getattr(fault, "chain", ""))
    return dict(CHAINS).get(chain) or dict(ROLES)[fault.signature().trigger.role]

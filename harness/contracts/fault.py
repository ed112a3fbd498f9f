"""What the author of a fault writes: one class in ``faults/<layer>/<kind>.py``, its docstring is the help text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from droplab.harness.contracts.change import Change
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import Trace


@dataclass(frozen=True)
class ProbeSpec:
    """A probe aimed at the broken node: ``kind`` is a file name in harness/probes, ``parameters`` its fields.

    The engine chooses where it runs and fills in the target: the lab's own probe of that kind which aims at the
    broken node, or else a neighbour of the node.
    """

    kind: str
    metric: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Signature:
    """How a fault shows itself, so that it can be proven to bite.

    ``symptom`` says what ``trigger`` must do: "rises" (a proportion, two exact intervals disjoint) or "changes" (a
    category differs from before). ``traces``: at least one must rise. ``spared`` is traffic that the fault must not
    touch, or a sentence that says why no such traffic exists. ``effect`` "none" marks a suspect: the symptom must
    not move.
    """

    trigger: ProbeSpec
    traces: tuple[Trace, ...]
    spared: ProbeSpec | str
    symptom: Literal["rises", "changes"] = "rises"
    effect: Literal["harm", "none"] = "harm"


class Fault(BaseModel, ABC):
    """One way to break a node. The fields are the parameters in YAML, with units in their names or descriptions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    scope: ClassVar[Literal["node", "host"]] = "node"
    needs: ClassVar[tuple[str, ...]] = ()
    """Tools of the host that plan, apply, present and revert run."""

    symptom: ClassVar[str]
    """What a user of the network notices."""
    evidence: ClassVar[str]
    """The command and counter that show the cause."""
    lookalike: ClassVar[str]
    """What else looks like it, and what tells the two apart."""
    remedy: ClassVar[str]
    """How it is repaired."""

    def reaches(self) -> Literal["node", "host"]:
        """The scope with these parameters: "host" when the change is felt outside the node."""
        return self.scope

    @abstractmethod
    def plan(self, node: Node) -> Change:
        """Decide the change. Reads, never writes."""

    @abstractmethod
    def signature(self) -> Signature:
        """How these parameters show themselves."""

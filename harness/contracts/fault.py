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

Symptom = Literal["rises", "changes", "slower"]


@dataclass(frozen=True)
class LooksLike:
    """Another kind of the catalogue, with its parameters, whose symptom is much the same."""

    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ProbeSpec:
    """A probe past the broken node: ``kind`` is a file name in harness/probes, ``parameters`` its fields.

    ``role`` is the part that the broken node has in it: the target, the source, a router (or the switch) on the way,
    or ("routed") the target of a node in another network. The engine chooses the nodes and fills in the target: the
    lab's own probe of that kind which fits, or else neighbours of the node. A ``target`` among the parameters is taken
    as it is; a ``port`` is understood for every kind: where there is no such field it becomes part of the target.
    """

    kind: str
    metric: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    role: Literal["target", "source", "through", "routed"] = "target"


@dataclass(frozen=True)
class Signature:
    """How a fault shows itself, so that it can be proven to bite.

    ``symptom`` says what ``trigger`` must do: "rises" (a proportion, two exact intervals disjoint), "changes" (a
    value differs from before, and is one of ``becomes`` if that is given) or "slower" (every time after is longer
    than every time before). ``traces``: at least one must rise. ``spared`` is traffic that the fault must not touch,
    or a sentence that says why no such traffic exists. ``effect`` "none" marks a suspect: the symptom must not move.
    """

    trigger: ProbeSpec
    traces: tuple[Trace, ...]
    spared: ProbeSpec | str
    symptom: Symptom = "rises"
    becomes: tuple[str, ...] = ()
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

    example: ClassVar[Mapping[str, Any]] = {}
    """Parameters of a typical use."""
    victim: ClassVar[Literal["server", "client", "router", "resolver", "switch"]] = "server"
    """The part that the node which it typically breaks has in a network."""
    look: ClassVar[tuple[str, str]]
    """The evidence as a command and a regular expression of what it shows while ``example`` is in."""
    looks_like: ClassVar[LooksLike | None] = None
    """A kind of this catalogue that ``lookalike`` speaks of. This kind's trace does not move under that one."""
    drop_reason: ClassVar[str | None] = None
    """What tracepoint skb:kfree_skb says of its packets (enum skb_drop_reason), where packets are dropped."""

    def reaches(self) -> Literal["node", "host"]:
        """The scope with these parameters: "host" when the change is felt outside the node."""
        return self.scope

    def memoryless(self) -> bool:
        """Whether each packet's fate is its own, whatever else is under way: no queue, table, rate or count decides.

        Probes may then be measured side by side.
        """
        return False

    @abstractmethod
    def plan(self, node: Node) -> Change:
        """Decide the change. Reads, never writes."""

    @abstractmethod
    def signature(self) -> Signature:
        """How these parameters show themselves."""

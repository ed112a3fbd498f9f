"""The cases that a tool is tried on: every fault, its severities, its look-alikes, and healthy networks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.errors import UsageError

if TYPE_CHECKING:
    from droplab.harness.contracts.fault import Fault
    from droplab.harness.definition.catalogue import Catalogue

HEALTHY = "healthy"
SEVERITIES: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "probability": (0.3, 0.1, 0.03),
        "mtu": (100, 576, 1280),
        "delay_ms": (50, 10, 2),
        "rate_kbit": (512, 4096),
        "per_second": (50, 500),
    }
)
"""Parameter of a fault to values from severe to mild. A fault with none of them has one severity."""
NODES: Mapping[str, str] = MappingProxyType(
    {"server": "nginx", "client": "client", "router": "router", "resolver": "dns1", "switch": "switch"}
)
"""The part that a fault's victim has to its node in the bench lab."""


@dataclass(frozen=True)
class Case:
    """One thing to notice, or nothing (``kind`` None).

    ``like``: the fault that it looks like, and whose victim it has.
    """

    id: str
    kind: str | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    victim: str = "server"
    severity: tuple[str, float] | None = None
    like: str | None = None
    real: bool = False
    """Whether a tool should raise an alarm: not for healthy, nor for a suspect that does no harm."""

    @property
    def node(self) -> str:
        """The node of the bench lab that is broken."""
        return NODES[self.victim]


def healthy() -> Case:
    """A network that nothing is wrong with."""
    return Case(HEALTHY, None)


def cases(catalogue: Catalogue, kinds: Iterable[str] = (), *, lookalikes: bool = True) -> list[Case]:
    """The cases of some kinds, by default of the whole catalogue, then healthy. Raises UsageError."""
    chosen = list(kinds) or list(catalogue.fault_kinds())
    found = [case for kind in chosen if kind != HEALTHY for case in _of_kind(catalogue, kind, lookalikes=lookalikes)]
    return [*found, healthy()] if HEALTHY in chosen or not kinds else found


def chosen(every: Iterable[Case], words: Iterable[str]) -> list[Case]:
    """The cases that ``--case`` words name: a whole id, or a kind for all of its cases. Raises UsageError."""
    known = list(every)
    names = list(words)
    all_names = [name for case in known for name in (case.kind, case.id) if name]
    for word in names:
        if word not in all_names:
            raise UsageError(f"--case: no case is called {word!r}{did_you_mean(word, all_names)}")
    return [case for case in known if not names or case.id in names or case.kind in names]


def severest(every: Iterable[Case]) -> list[Case]:
    """Of each graded fault its first severity only."""
    found: dict[str, Case] = {}
    for case in every:
        found.setdefault(case.id if case.like else case.kind or HEALTHY, case)
    return list(found.values())


def _of_kind(catalogue: Catalogue, kind: str, *, lookalikes: bool) -> Iterator[Case]:
    cls = catalogue.fault(kind)
    yield from _graded(kind, cls)
    if lookalikes and (alike := cls.looks_like):
        other = catalogue.fault(alike.kind)
        if dict(alike.parameters) not in ({}, dict(other.example)):
            real = _harms(other, alike.parameters)
            yield Case(f"{alike.kind} like {kind}", alike.kind, alike.parameters, cls.victim, like=kind, real=real)


def _graded(kind: str, cls: type[Fault]) -> Iterator[Case]:
    real = _harms(cls, cls.example)
    for name, values in SEVERITIES.items():
        if name in cls.example:
            steps = dict.fromkeys((cls.example[name], *values))
            for value in sorted(steps, key=lambda each: values.index(each) if each in values else -1):
                yield Case(
                    f"{kind} {name}={value:g}", kind, {**cls.example, name: value}, cls.victim, (name, value), real=real
                )
            return
    yield Case(kind, kind, cls.example, cls.victim, real=real)


def _harms(cls: type[Fault], parameters: Mapping[str, Any]) -> bool:
    return cls(**parameters).signature().effect == "harm"

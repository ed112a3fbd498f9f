"""A lab that is up for one test or one trial: healthy first, then broken with proof, and nothing left at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from droplab.harness.definition.lab import FaultUse, Lab
from droplab.harness.engine.runfile import RunFile
from droplab.harness.engine.session import Session
from droplab.harness.errors import Residue, UsageError
from droplab.harness.runtime.contract import Lifetime, LiveNode
from droplab.harness.scoring.truth import Truth

if TYPE_CHECKING:
    from droplab.harness.definition.catalogue import Catalogue
    from droplab.harness.runtime.contract import Runtime

LAB = Path(__file__).parent / "bench_lab"
"""The lab of the cases: a server, a client, a router with a node behind it, two resolvers."""
EQUAL_WITHIN_S = 3.0


class Bench:
    """The running lab. A context manager: raises MachineLacks on its way in, Residue on its way out."""

    def __init__(self, lab: Lab, runtime: Runtime, catalogue: Catalogue) -> None:
        self.lab = lab
        self.catalogue = catalogue
        self._runtime = runtime
        self._session: Session | None = None
        self.truths: list[Truth] = []

    def __enter__(self) -> Bench:
        header = {"state": "foreground", "lab": self.lab.id, "runtime": self._runtime.name, "seed": self.lab.seed}
        self._session = Session(self.lab, self._runtime, RunFile.create(header), self.catalogue)
        try:
            self._session.open(Lifetime())
            self._meet()
            self._session.take_baseline()
        except BaseException:
            self._session.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        residue = self.session.close()
        if residue and kind is None:
            raise Residue("; ".join(residue))

    @property
    def session(self) -> Session:
        """The engine's session."""
        if self._session is None:
            raise RuntimeError("the bench is not open")
        return self._session

    @property
    def nodes(self) -> Mapping[str, LiveNode]:
        """The nodes by name, without the switch."""
        return self.session.live.nodes

    def _meet(self) -> None:
        """Every node has heard of the first ones, so that no first packet waits for ARP."""
        for node in self.nodes.values():
            for address in list(self.lab.hosts.values())[:2]:
                node.run(("ping", "-c", "1", "-W", "0.2", address), check=False)

    def break_with(self, use: FaultUse) -> Truth:
        """Inject and prove. Raises Ineffective with the fault rolled back, MachineLacks."""
        report = self.session.inject(use)
        self.truths.append(Truth.of(use, report, self.catalogue))
        return self.truths[-1]

    def mend(self, key: str) -> None:
        """Undo a fault. Raises Residue unless every node then equals what it was before the first one."""
        left = self.session.undo(key)
        self.truths = [truth for truth in self.truths if truth.key != key]
        if not self.session.injected:
            left += self._unequal()
        if left:
            raise Residue(f"{key}: undone, but {'; '.join(left)}")

    def _unequal(self) -> list[str]:
        deadline = time.monotonic() + EQUAL_WITHIN_S
        while (found := self.session.differences()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return [difference.words for difference in found]

    @contextmanager
    def broken_with(self, node: str, kind: str, parameters: Mapping[str, Any]) -> Iterator[Truth]:
        """A fault for the length of the block."""
        key = f"{kind}-{len(self.truths) + 1}"
        truth = self.break_with(self.use(node, kind, parameters, key))
        try:
            yield truth
        finally:
            self.mend(key)

    def use(self, node: str, kind: str, parameters: Mapping[str, Any], key: str = "") -> FaultUse:
        """A fault on a node. Raises UsageError for a node that is not there, DefinitionError for its parameters."""
        from pydantic import ValidationError

        if node != "switch" and node not in self.lab.nodes:
            raise UsageError(f"lab {self.lab.id} has no node {node!r}; it has {', '.join(self.lab.nodes)}")
        cls = self.catalogue.fault(kind)
        try:
            return FaultUse(key or kind, kind, node, cls(**parameters))
        except ValidationError as error:
            told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise UsageError(f"{kind}: {told}; its parameters are {', '.join(cls.model_fields)}") from None


def with_trigger(use: FaultUse, probe: str) -> FaultUse:
    """The same fault, proven with a probe of the lab."""
    return replace(use, trigger={"probe": probe})

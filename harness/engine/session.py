"""A lab that is up: its run file, its baseline, its faults, and the way back down."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from droplab.harness.contracts.change import Change
from droplab.harness.contracts.node import Node
from droplab.harness.definition.lab import FaultUse, Lab
from droplab.harness.engine import host, journal
from droplab.harness.engine.host import HostChange
from droplab.harness.engine.proof import Prover
from droplab.harness.engine.report import FaultReport, Proof
from droplab.harness.engine.runfile import RunFile
from droplab.harness.engine.settle import settle
from droplab.harness.engine.snapshot import Difference, Snapshot, diff, take
from droplab.harness.errors import Ineffective, Residue

if TYPE_CHECKING:
    from droplab.harness.definition.catalogue import Catalogue
    from droplab.harness.runtime.contract import Lifetime, Provisioned, Runtime

UNPROVEN = Proof("ok", "unproven", "unproven", "unproven")


@dataclass(frozen=True)
class Injected:
    """A fault that is in: its number in the journal and how to undo it."""

    use: FaultUse
    number: int
    change: Change
    host: HostChange | None


class Session:
    """Brings a lab up, injects and proves its faults, and takes everything down again."""

    def __init__(self, lab: Lab, runtime: Runtime, run: RunFile, catalogue: Catalogue) -> None:
        self.lab = lab
        self.runtime = runtime
        self.run = run
        self._catalogue = catalogue
        self._live: Provisioned | None = None
        self._outlives = False
        self.injected: dict[str, Injected] = {}
        self.baseline: Snapshot | None = None

    def open(self, lifetime: Lifetime) -> None:
        """Provision the lab; what will exist is written down before it does."""
        self._outlives = lifetime.ttl_s is not None
        self.run.write({"provision": {"runtime": self.runtime.name, "run_id": self.run.id}})
        self._live = self.runtime.provision(self.lab, self.run.id, lifetime)
        self.run.write({"live": self._live.record()})

    @property
    def live(self) -> Provisioned:
        """The running lab."""
        if self._live is None:
            raise RuntimeError("the lab is not open")
        return self._live

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes and the switch by name."""
        return {**self.live.nodes, "switch": self.live.switch}

    def take_baseline(self) -> None:
        """Remember how a healthy node looks; written to the run file for later processes."""
        self.baseline = take(self.live.nodes, self.live.switch)
        self.run.write({"baseline": self.baseline.to_json()})

    def differences(self) -> list[Difference]:
        """What differs from the baseline now."""
        if self.baseline is None:
            raise RuntimeError("no baseline was taken")
        return diff(self.baseline, take(self.live.nodes, self.live.switch))

    def settle(self) -> None:
        """Flush hidden state before a measured phase."""
        settle(self.live.nodes.values())

    def inject(self, use: FaultUse) -> FaultReport:
        """Inject and prove. Raises Ineffective, with the fault undone, when a side of the proof is missing."""
        began = time.monotonic()
        prover = Prover(self.lab, self.nodes, use, self._catalogue)
        before = prover.observe()
        change = self.apply(use)
        proof, missing = prover.compare(change, before, prover.observe_like(before), began)
        if missing:
            self.undo(use.key)
            raise Ineffective(
                f"{use.key}: INEFFECTIVE and rolled back: {'; '.join(missing)}. If an earlier fault hides this one, "
                "list the hidden fault first"
            )
        return self._report(use, change, proof)

    def inject_unproven(self, use: FaultUse) -> FaultReport:
        """Inject and look at the artifact only: for a lab whose proof was made in a rehearsal just before."""
        return self._report(use, self.apply(use), UNPROVEN)

    def _report(self, use: FaultUse, change: Change, proof: Proof) -> FaultReport:
        parameters = use.fault.model_dump(exclude_none=True)
        return FaultReport(use.key, use.kind, use.node, parameters, tuple(change.words()), proof)

    def apply(self, use: FaultUse) -> Change:
        """Apply a fault's change under the journal, the host's part first."""
        node = self.nodes[use.node]
        change = use.fault.plan(node)
        on_host = HostChange.begin(self.run, change.host, use.key, watched=not self._outlives) if change.host else None
        try:
            number = journal.apply(self.run, node, self._target(use.node), change, use.key)
        except BaseException:
            if on_host:
                on_host.end()
            raise
        self.injected[use.key] = Injected(use, number, change, on_host)
        return change

    def present(self, key: str) -> bool:
        """Whether the fault's artifact is there now."""
        return self.injected[key].change.present.holds(self.nodes[self.injected[key].use.node])

    def undo(self, key: str) -> list[str]:
        """Undo a fault; what is left, in words."""
        fault = self.injected.pop(key)
        left = [journal.undo(self.run, self.nodes[fault.use.node], fault.number, fault.change, key)]
        left += [fault.host.end()] if fault.host else []
        return [words for words in left if words]

    def _target(self, node: str) -> dict[str, Any]:
        live = self.nodes[node]
        return {"node": node, "pid": getattr(live, "pid", None), "cookie": getattr(live, "cookie", None)}

    def abandon(self) -> None:
        """Take down a started lab that did not come up. Raises Residue when something is left."""
        record = self._live.record() if self._live else {"runtime": self.runtime.name, "run_id": self.run.id}
        residue = self._end_host_changes() + self.runtime.destroy(record)
        if residue:
            self.run.release()
            raise Residue("; ".join(residue))
        self.run.remove()

    def _end_host_changes(self) -> list[str]:
        """Put the machine back: what is known here, and what a signal or a full disk cut short in between."""
        left = [fault.host.end() for fault in reversed(self.injected.values()) if fault.host]
        known = {fault.host.number for fault in self.injected.values() if fault.host}
        left += host.undo_all(self.run, except_for=known)
        return [words for words in left if words]

    def close(self) -> list[str]:
        """Take it all down: changes that outlast the nodes first, then the lab, then the run file. What is left."""
        residue = self._end_host_changes()
        try:
            if self._live is not None:
                self._live.close()
            else:
                residue += self.runtime.destroy({"runtime": self.runtime.name, "run_id": self.run.id})
        except Exception as error:
            residue.append(f"teardown of run {self.run.id}: {error}")
        if residue:
            self.run.release()
        else:
            self.run.remove()
        return residue

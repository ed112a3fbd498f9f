"""One contract for every kind of the catalogue, on the real kernel: what its documentation promises is what happens.

inject -> artifact, trace, symptom, control; the evidence command shows what it says; revert -> equal; all of it twice;
told apart from its look-alike. A kind whose tools or kernel features are missing here is skipped with the reason.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault
from droplab.harness.contracts.node import Node
from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.definition.lab import FaultUse, Lab
from droplab.harness.definition.loader import load
from droplab.harness.engine import journal
from droplab.harness.engine.proof import Observation, Prover
from droplab.harness.engine.report import Proof
from droplab.harness.engine.runfile import RunFile
from droplab.harness.engine.settle import settle
from droplab.harness.engine.snapshot import diff, take
from droplab.harness.errors import MachineLacks
from droplab.harness.runtime.contract import Lifetime, Provisioned
from droplab.harness.runtime.netns import NetnsRuntime
from droplab.harness.runtime.node import find_tool
from droplab.harness.scoring.bench import LAB
from tests.netns.faults.table import Row, Table

CATALOGUE = Catalogue()
NODE_OF = {"server": "nginx", "client": "client", "router": "router", "resolver": "dns1", "switch": "switch"}
EQUAL_WITHIN_S = 3.0


@dataclass(frozen=True)
class Bed:
    """The bench lab, running, with a run file of the test's own."""

    lab: Lab
    live: Provisioned
    run: RunFile

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes and the switch."""
        return {**self.live.nodes, "switch": self.live.switch}

    def use(self, kind: str, parameters: Mapping[str, Any]) -> FaultUse:
        """A fault on the node that it typically breaks."""
        cls = CATALOGUE.fault(kind)
        return FaultUse(kind, kind, NODE_OF[cls.victim], cls(**parameters))

    def prover(self, use: FaultUse) -> Prover:
        """Its prover on this lab."""
        return Prover(self.lab, self.nodes, use, CATALOGUE)

    def differences(self, before: Any) -> list[str]:
        """What differs from ``before``, in words, once it has settled."""
        deadline = time.monotonic() + EQUAL_WITHIN_S
        while (found := diff(before, self.snapshot())) and time.monotonic() < deadline:
            time.sleep(0.05)
        return [difference.words for difference in found]

    def snapshot(self) -> Any:
        """All nodes as they are."""
        return take(self.live.nodes, self.live.switch)

    def apply(self, use: FaultUse) -> Callable[[], str | None]:
        """Inject without proof; the answer undoes it and tells what is left."""
        node = self.nodes[use.node]
        change = use.fault.plan(node)
        target = {"node": use.node, "pid": None, "cookie": getattr(node, "cookie", None)}
        number = journal.apply(self.run, node, target, change, use.key)
        return lambda: journal.undo(self.run, node, number, change, use.key)


@pytest.fixture
def bed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bed]:
    """A fresh lab for each test: no fault can hide behind what another one left."""
    monkeypatch.setenv("DROPLAB_RUN_DIR", str(tmp_path / "run"))
    lab = load(LAB, seed=1)
    run = RunFile.create({"state": "foreground", "lab": "bench"})
    live = NetnsRuntime().provision(lab, run.id, Lifetime())
    for node in live.nodes.values():  # so that every neighbour is known before the first snapshot
        for address in lab.hosts.values():
            node.run(("ping", "-c", "1", "-W", "0.2", address), check=False)
    yield Bed(lab, live, run)
    live.close()
    run.remove()


def lacking(cls: type[Fault]) -> str | None:
    """Why the kind cannot be tried on this machine, or None."""
    missing = [tool for tool in cls.needs if find_tool(tool) is None]
    return f"{', '.join(missing)} not installed" if missing else None


def observed(prover: Prover, bed: Bed, like: Observation | None = None) -> Observation:
    """Measure after forgetting what earlier traffic taught the kernels."""
    settle(bed.live.nodes.values())
    return prover.observe_like(like) if like else prover.observe()


@pytest.mark.parametrize("kind", CATALOGUE.fault_kinds())
def test_documented(kind: str) -> None:
    cls = CATALOGUE.fault(kind)
    assert cls.__doc__
    assert len(cls.__doc__.split()) > 8
    for fact in (cls.symptom, cls.evidence, cls.lookalike, cls.remedy):
        assert len(fact.split()) >= 4
    for name, field in cls.model_fields.items():
        assert field.description, f"{kind}.{name}"
    assert len(cls.look) == 2
    re.compile(cls.look[1])
    if cls.looks_like:
        assert cls.looks_like.kind in CATALOGUE.fault_kinds()
        CATALOGUE.fault(cls.looks_like.kind)(**cls.looks_like.parameters)
    cls(**cls.example)


@pytest.mark.parametrize("kind", CATALOGUE.fault_kinds())
def test_kept_on_the_kernel(kind: str, bed: Bed, fault_table: Table) -> None:
    cls = CATALOGUE.fault(kind)
    if reason := lacking(cls):
        fault_table.add(Row.not_run(kind, CATALOGUE.layer(kind), reason))
        pytest.skip(reason)
    began = time.monotonic()
    use = bed.use(kind, cls.example)
    baseline = bed.snapshot()
    proof = _once(bed, use, baseline)
    again = _once(bed, use, baseline)
    fault_table.add(Row.of(kind, CATALOGUE.layer(kind), proof, time.monotonic() - began))
    assert again.artifact == proof.artifact


def _once(bed: Bed, use: FaultUse, baseline: Any) -> Proof:
    """Inject, prove, look at the evidence, revert: nothing may be left."""
    prover = bed.prover(use)
    before = observed(prover, bed)
    assert bed.differences(baseline) == [], "measuring changed something"
    change: Change = _planned(bed, use)
    assert bed.differences(baseline) == [], "plan changed something"
    assert not change.present.holds(bed.nodes[use.node])
    started = time.monotonic()
    undo = bed.apply(use)
    proof, missing = prover.compare(change, before, observed(prover, bed, before), started)
    assert missing == []
    assert proof.control.startswith("none (") == isinstance(prover.signature.spared, str)
    _evidence(bed, use)
    assert undo() is None
    assert bed.differences(baseline) == [], "reverting left something"
    return proof


def _planned(bed: Bed, use: FaultUse) -> Change:
    try:
        return use.fault.plan(bed.nodes[use.node])
    except MachineLacks as error:
        pytest.skip(str(error))


def _evidence(bed: Bed, use: FaultUse) -> None:
    command, pattern = type(use.fault).look
    argv = ("sh", "-c", command)
    on_switch = use.node == "switch"
    result = bed.live.switch.run(argv, check=False) if on_switch else bed.live.nodes[use.node].exec(argv)
    shown = result.stdout + result.stderr
    assert re.search(pattern, shown, re.MULTILINE), f"{command} does not show /{pattern}/:\n{shown}"


ALIKE = [kind for kind in CATALOGUE.fault_kinds() if CATALOGUE.fault(kind).looks_like]


@pytest.mark.parametrize("kind", ALIKE)
def test_told_apart_from_its_look_alike(kind: str, bed: Bed) -> None:
    cls = CATALOGUE.fault(kind)
    other = cls.looks_like
    assert other is not None
    if reason := lacking(cls) or lacking(CATALOGUE.fault(other.kind)):
        pytest.skip(reason)
    use, impostor = bed.use(kind, cls.example), bed.use(other.kind, other.parameters)
    prover = bed.prover(use)
    before = observed(prover, bed)
    undo = bed.apply(impostor)
    after = observed(prover, bed, before)
    proof, missing = prover.compare(_planned(bed, use), before, after, time.monotonic())
    assert undo() is None
    assert any(words.startswith("trace") for words in missing), proof

"""Breaking things that droplab did not start, or a node of a running lab, one fault at a time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from droplab.harness.contracts.fault import Fault
from droplab.harness.contracts.node import Node
from droplab.harness.definition.lab import FaultUse
from droplab.harness.engine import journal
from droplab.harness.engine.clean import settle, target
from droplab.harness.engine.host import HostChange
from droplab.harness.engine.proof import Prover
from droplab.harness.engine.report import Proof
from droplab.harness.engine.runfile import Run, RunFile, last, runs, unsettled
from droplab.harness.engine.started import StartedLab, open_started
from droplab.harness.errors import DefinitionError, DroplabError, Ineffective, MachineLacks, Residue, UsageError

if TYPE_CHECKING:
    from droplab.harness.definition.catalogue import Catalogue

UNPROVEN = Proof("ok", "unproven", "unproven", "unproven: no neighbour of droplab's to measure from")


@dataclass(frozen=True)
class Target:
    """What is to be broken: a node, its identity for the journal, and the lab that it belongs to, if it is ours."""

    text: str
    node: Node
    record: Mapping[str, Any]
    lab: StartedLab | None


def find_target(text: str) -> Target:
    """NAME/NODE of a running lab (or its switch), container:ID, pid:N or netns:PATH. Raises UsageError."""
    if ":" not in text and "/" in text:
        name, _, node = text.partition("/")
        started = open_started(name)
        if node not in started.nodes:
            raise UsageError(f"lab {name} has no node {node!r}; it has {', '.join(started.nodes)}")
        live = started.nodes[node]
        record = {"node": node, "pid": getattr(live, "pid", None), "cookie": live.cookie, "lab": name}
        return Target(text, live, record, started)
    from droplab.harness.runtime.attach import attach

    attached = attach(text)
    return Target(text, attached.node, attached.record, None)


def build(catalogue: Catalogue, kind: str, words: Mapping[str, str]) -> Fault:
    """A fault from ``k=v`` words, each value read as YAML reads a scalar. Raises DefinitionError with every problem."""
    cls = catalogue.fault(kind)
    try:
        return cls(**{key: yaml.safe_load(value) for key, value in words.items()})
    except ValidationError as error:
        known = ", ".join(cls.model_fields)
        problems = [
            f"{kind}: {'.'.join(map(str, item['loc'])) or 'parameters'}: {item['msg']}"
            + (f"; its parameters are {known}" if item["type"] == "extra_forbidden" else "")
            for item in error.errors()
        ]
        raise DefinitionError(problems) from error
    except yaml.YAMLError as error:
        raise DefinitionError([f"{kind}: a value is not a YAML scalar: {error}"]) from error


def inject(target: Target, kind: str, fault: Fault, catalogue: Catalogue, *, allow_host: bool) -> tuple[str, Proof]:
    """Inject, prove where a neighbour of ours can measure, and leave it in: the id for ``remediate`` and the proof."""
    refuse_host(kind, fault, allow_host=allow_host)
    run = RunFile.create({"state": "foreground", "target": target.text, "kind": kind})
    use = FaultUse(kind, kind, str(target.record["node"]), fault)
    try:
        proof = _apply_and_prove(run, target, use, catalogue)
    except BaseException:
        residue = settle(run, _find_again)[1]
        if residue:
            run.release()
            raise Residue("; ".join(residue)) from None
        run.remove()
        raise
    run.write({"state": "detached"})
    run.release()
    return run.id, proof


def refuse_host(kind: str, fault: Fault, *, allow_host: bool) -> None:
    """Raise UsageError for a fault that is felt outside the node, unless it was allowed."""
    if fault.reaches() == "host" and not allow_host:
        raise UsageError(
            f"{kind}: with these parameters it changes a setting of the whole machine; --allow-host allows that"
        )


def _find_again(record: Mapping[str, Any]) -> Node | None:
    """The node that a journal names: one of a running lab whole, with its files and processes, else its network."""
    try:
        nodes = open_started(record["lab"]).nodes if "lab" in record else {}
    except DroplabError:
        nodes = {}
    live = nodes.get(record["node"])
    return live if live is not None and live.cookie == record["cookie"] else target(record)


def _apply_and_prove(run: RunFile, target: Target, use: FaultUse, catalogue: Catalogue) -> Proof:
    began = time.monotonic()
    prover = _prover(target, use, catalogue)
    before = prover.observe() if prover else None
    change = use.fault.plan(target.node)
    if change.host:
        HostChange.begin(run, change.host, use.key, watched=False)
    journal.apply(run, target.node, target.record, change, use.key)
    if prover is None or before is None:
        if not change.present.holds(target.node):
            raise Ineffective(f"{use.kind}: INEFFECTIVE and rolled back: its artifact is not there")
        return UNPROVEN
    proof, missing = prover.compare(change, before, prover.observe_like(before), began)
    if missing:
        raise Ineffective(f"{use.kind}: INEFFECTIVE and rolled back: {'; '.join(missing)}")
    return proof


def _prover(target: Target, use: FaultUse, catalogue: Catalogue) -> Prover | None:
    if target.lab is None or len(target.lab.lab.nodes) < 2:
        return None
    return Prover(target.lab.lab, target.lab.nodes, use, catalogue)


def detached() -> list[Run]:
    """The injected faults that wait for ``remediate``."""
    return [run for run in runs() if last(run.records, "state") == "detached"]


def remediate(run_id: str) -> list[str]:
    """Undo an injected fault: what was undone, in words. Raises UsageError, MachineLacks or Residue."""
    known = detached()
    found = [run for run in known if run.id.startswith(run_id)]
    if len(found) != 1 or not run_id:
        ids = ", ".join(f"{run.id} ({run.header['kind']} on {run.header['target']})" for run in known) or "none"
        raise UsageError(f"no injected fault has the id {run_id!r}; injected: {ids}")
    run = RunFile.adopt(found[0].path)
    if run is None:
        raise MachineLacks(f"{run_id}: another droplab is undoing it right now; try again")
    gone = [intent["label"] for intent in unsettled(run.records())]
    undone, residue = settle(run, _find_again)
    if residue:
        run.release()
        raise Residue("; ".join(residue))
    run.remove()
    return undone or [f"{label}: its target is gone, and the fault with it" for label in gone]

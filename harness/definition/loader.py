"""From a folder with a lab.yaml to a Lab, or to all that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from droplab.harness.definition import folder
from droplab.harness.definition.catalogue import FILE, Catalogue
from droplab.harness.definition.draws import read_draws
from droplab.harness.definition.expectations import Reader
from droplab.harness.definition.fault_uses import build_faults
from droplab.harness.definition.hints import build_hints
from droplab.harness.definition.lab import Lab
from droplab.harness.definition.nodes import build_nodes
from droplab.harness.definition.probe_uses import build_probes, probe_kinds
from droplab.harness.definition.problems import Problems
from droplab.harness.definition.reading import Reading, names
from droplab.harness.definition.salvage import salvaged
from droplab.harness.definition.shape_errors import shaped
from droplab.harness.definition.shapes import Document
from droplab.harness.definition.solution import build_alternatives, build_steps, check_removals
from droplab.harness.definition.substitution import substitute
from droplab.harness.definition.when import choose
from droplab.harness.definition.yaml_positions import read
from droplab.harness.errors import DefinitionError

STAND_INS = {"schema": 1, "title": "?", "nodes": {"node": {"address": "198.18.0.1/15"}}}
"""Put in for what is missing, so that the rest can be looked into; the definition is refused in any case."""


def load(path: Path, *, seed: int = 0, overrides: Mapping[str, str] = {}, catalogue: Catalogue | None = None) -> Lab:
    """The lab of a folder, or of the lab.yaml in it, with its parameters drawn from ``seed``.

    Raises DefinitionError with every problem (``file:line:column: key: what is wrong``), UsageError only for an
    override that names no parameter or does not fit it.
    """
    file = file_of(path)
    source = read(file, folder.shown(file))
    problems = Problems(source)
    draws = read_draws(source.data, seed, problems)
    values = draws.values(seed, {} if problems.at(()) else overrides)
    written = {key: value for key, value in source.data.items() if key != "parameters"}
    data = substitute(choose(written, draws, values, problems), values, problems)
    document = shaped(Document, data, (), problems) or salvaged(Document, data, STAND_INS)
    if document is None:
        problems.raise_if_any()
        raise AssertionError("a document that fits no shape has problems")
    reading = Reading(
        folder=file.parent.resolve(),
        catalogue=catalogue or Catalogue(),
        parameters=values,
        problems=problems,
        nodes=names(data.get("nodes")),
        faults=names(written.get("faults")),
        probes=names(data.get("probes")),
        draws=draws,
    )
    lab = _lab(document, reading, seed)
    problems.raise_if_any()
    return replace(lab, digest=folder.digest(reading.folder))


def file_of(path: Path) -> Path:
    """The lab.yaml of a folder, or ``path`` itself when it is one. Raises DefinitionError."""
    try:
        if path.name != FILE and path.is_file():
            raise DefinitionError([f"{folder.shown(path)}: a definition is called {FILE} and has a folder of its own"])
    except OSError as error:
        raise DefinitionError([f"{folder.shown(path)}: cannot be read: {error.strerror}"]) from None
    return path if path.name == FILE else path / FILE


def _lab(document: Document, reading: Reading, seed: int) -> Lab:
    kinds = probe_kinds(document.probes, reading)
    classes = {key: kind[1] if kind else None for key, kind in kinds.items()}
    expectations = Reader(classes, reading)
    healthy, always, broken = (
        expectations.read(getattr(document, phase), (phase,)) for phase in ("healthy", "always", "broken")
    )
    faults = build_faults(document.faults, classes, reading)
    check_removals(document.solution, faults, reading)
    return Lab(
        id=reading.folder.name,
        folder=reading.folder,
        title=document.title,
        story=reading.text(document.story, ("story",))[0],
        seed=seed,
        parameters=reading.parameters,
        nodes=build_nodes(document.nodes, reading),
        faults=faults,
        probes=build_probes(document.probes, kinds, reading),
        healthy=healthy,
        always=always,
        broken=broken,
        solution=build_steps(document.solution, expectations, reading),
        alternatives=build_alternatives(document.alternatives, {*document.healthy, *document.always}, reading),
        hints=build_hints(document.hints, reading),
        digest="",
        difficulty=document.difficulty or "",
        minutes=document.minutes,
    )

"""From a YAML file to a Tool, or to all that is wrong with it at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.definition.folder import shown
from droplab.harness.definition.problems import Problems
from droplab.harness.definition.shape_errors import shaped
from droplab.harness.definition.yaml_positions import read
from droplab.harness.errors import DefinitionError
from droplab.harness.scoring.tool import Meaning, Signal, Tool
from droplab.harness.scoring.tool_shapes import MeaningShape, SignalShape, ToolShape

PLACEHOLDER = re.compile(r"\{([a-z_.]+)\}")
PLACEHOLDERS = ("client", "server", "url", "out", "inode.client", "inode.server", "inode.router")
"""What a command may ask for. Other braces are the command's own (bpftrace, awk)."""


def load_tool(file: Path, catalogue: Catalogue | None = None) -> Tool:
    """Read a definition. Raises DefinitionError with every problem as ``file:line:column: key: what is wrong``."""
    source = read(file, shown(file))
    problems = Problems(source)
    shape = shaped(ToolShape, source.data, (), problems)
    if shape is None:
        problems.raise_if_any()
        raise AssertionError("a definition that fits no shape has problems")
    _check_names(shape, catalogue or Catalogue(), problems)
    problems.raise_if_any()
    return _tool(shape, file)


def tool_files(names: Sequence[Path]) -> list[Path]:
    """Files as they are; of a folder the definitions in it, sorted."""
    return [file for name in names for file in (_definitions(name) if name.is_dir() else [name])]


def _definitions(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.yaml") if not file.name.endswith(".baseline.yaml"))


def load_tools(files: Iterable[Path]) -> list[Tool]:
    """Many definitions. Raises DefinitionError with the problems of all of them."""
    found: list[Tool] = []
    problems: list[str] = []
    for file in files:
        try:
            found.append(load_tool(file))
        except DefinitionError as error:
            problems += error.problems
    names = [tool.name for tool in found]
    twice = [tool for tool in found if names.count(tool.name) > 1]
    problems += [f"{shown(tool.path)}: another file defines {tool.name} too" for tool in twice]
    if problems:
        raise DefinitionError(problems)
    return found


def _check_names(shape: ToolShape, catalogue: Catalogue, problems: Problems) -> None:
    kinds = list(catalogue.fault_kinds())
    for index, meaning in enumerate(shape.names):
        if meaning.signal not in shape.read.signals:
            problems.unknown_value(("names", index, "signal"), "signal", meaning.signal, shape.read.signals)
        for position, kind in enumerate(meaning.means):
            if kind not in kinds:
                problems.unknown_value(("names", index, "means", position), "fault", kind, kinds)
    for kind in shape.cannot:
        if kind not in kinds:
            problems.unknown_value(("cannot", kind), "fault", kind, kinds, of_key=True)


def _tool(shape: ToolShape, file: Path) -> Tool:
    return Tool(
        name=shape.tool,
        about=shape.about,
        package=shape.package,
        version=tuple(shape.version),
        needs=tuple(shape.needs or shape.run[:1]),
        kernel=shape.kernel,
        run=tuple(shape.run),
        where=shape.where,
        place=shape.place,
        takes=shape.takes,
        ready=shape.ready.line if shape.ready else None,
        traffic=tuple(shape.traffic),
        within_s=shape.within_s,
        form=shape.read.form,
        file=shape.read.file,
        signals=tuple(_signal(name, signal) for name, signal in shape.read.signals.items()),
        meanings=tuple(_meaning(meaning) for meaning in shape.names),
        cannot=shape.cannot,
        digest=hashlib.sha256(file.read_bytes()).hexdigest()[:12],
        path=file,
    )


def _signal(name: str, shape: SignalShape) -> Signal:
    answer = re.compile(shape.answer, re.MULTILINE) if shape.answer else None
    return Signal(name, shape.how, re.compile(shape.text, re.MULTILINE), shape.alarms, answer)


def _meaning(shape: MeaningShape) -> Meaning:
    shows = re.compile(shape.shows, re.MULTILINE) if shape.shows else None
    return Meaning(shape.signal, shows, tuple(shape.means))

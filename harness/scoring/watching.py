"""One phase: every tool looks at the lab once; tools that only look share the same traffic."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from droplab.harness.contracts.node import Result
from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.scoring.reading import Readings, Value, difference, read_output
from droplab.harness.scoring.running import once, streaming
from droplab.harness.scoring.stage import Stage
from droplab.harness.scoring.tool import Tool
from droplab.harness.scoring.traffic import flow

DELIVERED_WITHIN_S = 1.1
"""A stream is told of a packet this much later at most: tcpdump and bpftrace hand over what they hold each second."""


@dataclass(frozen=True)
class Seen:
    """What a tool said in a phase, and how long after the beginning of its look it had said it."""

    readings: Readings
    said: tuple[tuple[str, Result], ...]
    after_s: float


def watch(tools: Iterable[Tool], stage: Stage, catalogue: Catalogue) -> dict[str, Seen]:
    """Let every tool look, those that make their own traffic first, one at a time; by the tool's name."""
    every = list(tools)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        found = {tool.name: _alone(tool, stage, out) for tool in every if tool.takes == "run"}
        beside = [tool for tool in every if tool.takes != "run"]
        for traffic in dict.fromkeys(tool.traffic for tool in beside):
            found |= _beside([tool for tool in beside if tool.traffic == traffic], stage, catalogue, out)
    return found


def _alone(tool: Tool, stage: Stage, out: Path) -> Seen:
    began = time.monotonic()
    said = _everywhere(tool, stage, out)
    return Seen(_readings(tool, said, out), said, time.monotonic() - began)


def _beside(tools: Sequence[Tool], stage: Stage, catalogue: Catalogue, out: Path) -> dict[str, Seen]:
    """Tools that look while, or before and after, the same traffic flows."""
    streams = [tool for tool in tools if tool.takes == "stream"]
    before = {tool.name: _everywhere(tool, stage, out) for tool in tools if tool.takes == "difference"}
    said: dict[str, list[tuple[str, Result]]] = {tool.name: [] for tool in tools}
    with ExitStack() as stack:
        ending = [
            (tool, node, stack.enter_context(streaming(tool, stage, node, out)))
            for tool in streams
            for node in stage.where(tool.where)
        ]
        began = time.monotonic()
        flow(stage, tools[0].traffic, catalogue)
        for tool in tools:
            said[tool.name] += _everywhere(tool, stage, out) if tool not in streams else ()
        if streams:
            time.sleep(DELIVERED_WITHIN_S)
        for tool, node, end in ending:
            said[tool.name].append((node, end()))
    after_s = time.monotonic() - began
    return {
        tool.name: Seen(
            _counted(tool, before.get(tool.name, ()), said[tool.name], out), tuple(said[tool.name]), after_s
        )
        for tool in tools
    }


def _everywhere(tool: Tool, stage: Stage, out: Path) -> tuple[tuple[str, Result], ...]:
    return tuple((node, once(tool, stage, node, out)) for node in stage.where(tool.where))


def _counted(
    tool: Tool, before: Sequence[tuple[str, Result]], after: Sequence[tuple[str, Result]], out: Path
) -> dict[tuple[str, str], Value]:
    now = _readings(tool, after, out)
    return difference(_readings(tool, before, out), now) if tool.takes == "difference" else now


def _readings(tool: Tool, said: Iterable[tuple[str, Result]], out: Path) -> dict[tuple[str, str], Value]:
    found: dict[tuple[str, str], Value] = {}
    for node, result in said:
        text = result.stdout + result.stderr
        if tool.file:
            file = Path(tool.file.replace("{out}", str(out)))
            text = file.read_text(errors="replace") if file.is_file() else text
        found |= read_output(tool, node, text, result.returncode)
    return found

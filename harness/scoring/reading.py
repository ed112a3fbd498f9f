"""From what a tool printed to values that can be compared with those of a healthy network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.scoring.tool import Form, Signal, Tool

Value = Proportion | int | float | frozenset[str]
Readings = Mapping[tuple[str, str], Value]
"""(node, signal) to what the tool said there."""


def read_output(tool: Tool, node: str, text: str, status: int) -> dict[tuple[str, str], Value]:
    """The signals of one output; one that says nothing about a signal leaves it out."""
    lines = "\n".join(flat(text, tool.form))
    found = {(node, signal.name): _value(signal, lines, status) for signal in tool.signals}
    return {key: value for key, value in found.items() if value is not None}


def flat(text: str, form: Form) -> Iterator[str]:
    """Lines of a text; of JSON a line for each value, with the way to it: ``report.hubs.0.Loss%=12.5``."""
    if form == "lines":
        yield from text.splitlines()
        return
    for part in text.splitlines() if form == "jsonl" else [text]:
        try:
            yield from _leaves(json.loads(part), ())
        except json.JSONDecodeError:
            yield from part.splitlines()  # what a tool says instead of JSON when it fails


def _leaves(value: Any, way: tuple[str, ...]) -> Iterator[str]:
    if value in ({}, []):
        yield f"{'.'.join(way)}={value}"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*way, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*way, str(index)))
    else:
        yield f"{'.'.join(way)}={value}"


def _value(signal: Signal, lines: str, status: int) -> Value | None:
    found = list(signal.pattern.finditer(lines))
    match signal.how:
        case "exit":
            return frozenset({str(status)})
        case "words":
            return frozenset(" ".join(filter(None, each.groups())) or each.group() for each in found)
        case "lines":
            return len(found)
        case "sum":
            return sum(int(each.group(1)) for each in found)
        case "time_ms" | "time_s":
            unit = 1.0 if signal.how == "time_ms" else 1000.0
            return max((unit * float(each.group(1)) for each in found), default=None)
        case "lost":
            return _lost(found[-1].groupdict()) if found else None
        case "unanswered":
            answers = sum(1 for _ in signal.answer.finditer(lines)) if signal.answer else 0
            return Proportion(max(len(found) - answers, 0), len(found))


def _lost(groups: Mapping[str, str]) -> Proportion:
    sent = int(groups["sent"])
    if "percent" in groups:
        return Proportion(round(sent * float(groups["percent"]) / 100), sent)
    return Proportion(max(sent - int(groups["received"]), 0), sent)


def difference(before: Readings, after: Readings) -> dict[tuple[str, str], Value]:
    """What was counted in between; words are those of afterwards. A counter that was reset counts from 0."""
    found = dict(after)
    for key, now in after.items():
        was = before.get(key)
        if isinstance(now, int) and isinstance(was, int):
            found[key] = now - was if now >= was else now
    return found

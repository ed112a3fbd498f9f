"""What the command line lists: running labs, the catalogue of faults, a judgement, what a machine can do."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from droplab.harness.contracts.fault import Fault
from droplab.harness.render import words
from droplab.harness.render.lines import BAD, Lines, mark, stdout, style
from droplab.harness.render.parameters import describe, example
from droplab.harness.verdict.judge import Check

if TYPE_CHECKING:
    from droplab.harness.engine.doctor import Finding
    from droplab.harness.engine.judgement import Judgement
    from droplab.harness.engine.status import Status

LONGEST = 300
STATES = {"yes": "pass", "partly": "inconclusive", "no": "fail"}
HEADLINES = {
    "repaired": ("pass", "repaired: nothing hurts, no fault is left, nothing else was changed"),
    "works, but": ("inconclusive", "works, but it is not repaired"),
    "broken": ("fail", "still broken"),
    "inconclusive": ("inconclusive", "cannot tell yet"),
}


def _table(*columns: str) -> Table:
    """Columns without lines, so that grep and cut work; the first is never wrapped."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, name in enumerate(columns):
        table.add_column(name, no_wrap=number == 0, overflow="fold")
    return table


def print_status(found: Sequence[Status], console: Console | None = None) -> None:
    """The running labs: a line each, below it what hurts (if it was measured) and what could not be looked into."""
    lines = Lines(console or stdout())
    if not found:
        lines.write("no lab is running; droplab start LAB begins one, droplab list names them")
        return
    table = _table("name", "lab", "runtime", "age", "ends in", "nodes")
    for item in found:
        nodes = [name if state == "up" else f"{name} ({state})" for name, state in item.nodes.items()]
        row = (item.name, item.lab, item.runtime, age(item.age_s), age(item.ttl_left_s), ", ".join(nodes))
        table.add_row(*(Text(words.clean(word)) for word in row))
    lines.block(table)
    for item in found:
        _print_state(lines, item, named=len(found) > 1)


def _print_state(lines: Lines, item: Status, *, named: bool) -> None:
    rows: list[tuple[str, str, str]] = []
    if item.symptoms is not None:
        rows += [("hurts", words.clean(symptom), BAD) for symptom in item.symptoms] or [("hurts", "nothing", "green")]
    if item.causes is not None:
        rows += [("cause", ", ".join(item.causes) or "none is left", "")]
    if item.problem:
        rows += [("problem", words.clean(item.problem), BAD)]
    for label, text, colour in rows:
        lines.hang(Text(f"{item.name} {label}" if named else label, "dim"), Text(text, colour))


def age(seconds: float) -> str:
    """A duration to the minute: ``12 s``, ``3 min``, ``2 h 05 min``, ``3 d 4 h``."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def print_faults(faults: Sequence[tuple[str, str, type[Fault]]], console: Console | None = None) -> None:
    """The catalogue, a line for each (kind, layer, class)."""
    lines = Lines(console or stdout())
    table = _table("kind", "layer", "what breaks")
    for kind, layer, fault in faults:
        table.add_row(Text(kind, "bold"), Text(layer, "dim"), Text(_summary(fault)))
    lines.block(table)
    lines.write()
    lines.write(Text("droplab faults KIND says more: parameters, symptom, evidence, look-alike, remedy", "dim"))


def _summary(fault: type[Fault]) -> str:
    paragraph = (inspect.getdoc(fault) or "").split("\n\n")[0]
    return " ".join(paragraph.split())


def print_fault(kind: str, layer: str, fault: type[Fault], console: Console | None = None) -> None:
    """Everything about one kind, from its class: documentation, parameters, and how to inject it."""
    lines = Lines(console or stdout())
    lines.both(Text(kind, "bold"), Text(f"{layer} · {_reach(fault)}", "dim"))
    for paragraph in (inspect.getdoc(fault) or "").split("\n\n"):
        lines.hang(Text(), " ".join(paragraph.split()))
        lines.write()
    for name in ("symptom", "evidence", "lookalike", "remedy"):
        lines.hang(
            Text("look-alike" if name == "lookalike" else name, "cyan"), " ".join(getattr(fault, name, "").split())
        )
    if fault.needs:
        lines.hang(Text("needs", "cyan"), ", ".join(fault.needs))
    lines.write()
    _print_parameters(lines, fault)
    lines.hang(Text("lab.yaml", "cyan"), example(kind, fault, "yaml"))
    lines.hang(Text("by hand", "cyan"), example(kind, fault, "inject"))


def _reach(fault: type[Fault]) -> str:
    if fault.scope == "host":
        return "felt by the whole machine: needs --allow-host"
    if fault.reaches is not Fault.reaches:
        return "felt in the node; with some parameters by the whole machine, which needs --allow-host"
    return "felt in the node only"


def _print_parameters(lines: Lines, fault: type[Fault]) -> None:
    table = _table("parameter", "", "default", "meaning")
    for parameter in describe(fault):
        row = (parameter.type, parameter.default, parameter.description)
        table.add_row(Text(parameter.name, "bold"), *map(Text, row))
    if table.row_count:
        lines.block(table)
    else:
        lines.write(Text("it has no parameters", "dim"))
    lines.write()


def print_judgement(judgement: Judgement, console: Console | None = None) -> None:
    """Three verdicts and the sentence that sums them up. Names a cause only when nothing hurts any more."""
    lines = Lines(console or stdout())
    hurting = [check for check in judgement.symptoms if check.verdict != "pass"]
    fine = len(judgement.symptoms) - len(hurting)
    worst = next((v for v in ("error", "fail", "inconclusive") if any(c.verdict == v for c in hurting)), "pass")
    hurts = "nothing hurts" if not hurting else f"{len(hurting)} of {len(judgement.symptoms)} expectations do not hold"
    lines.hang(_label("symptom", worst), Text.assemble(hurts, (f"  ({fine} hold)" if hurting and fine else "", "dim")))
    for check in hurting:
        _print_hurting(lines, check)
    left = bool(judgement.causes) and judgement.alternative is None
    lines.hang(_label("cause", "fail" if left else "pass"), _causes(judgement, named=not hurting))
    changes = judgement.changes
    lines.hang(
        _label("changed", "inconclusive" if changes else "pass"),
        "this differs from how the lab began:" if changes else "nothing else differs from how the lab began",
    )
    for change in changes:
        lines.hang(Text(), f"  {words.cut(words.clean(change.words), LONGEST)}")
    lines.write()
    verdict, sentence = HEADLINES[judgement.verdict]
    lines.write(Text(sentence, f"bold {style(verdict)}"))


def _label(name: str, verdict: str) -> Text:
    return Text.assemble(mark(verdict), f" {name}")


def _print_hurting(lines: Lines, check: Check) -> None:
    observed, expected = (words.cut(words.clean(str(text)), LONGEST) for text in (check.observed, check.expected))
    head = Text.assemble("  ", mark(check.verdict), f" {words.clean(words.subject(check))}: ")
    lines.hang(Text(), Text.assemble(head, (observed, "bold"), (f", expected {expected}", "dim")))
    if check.verdict in {"inconclusive", "error"} and (why := words.advice(check)):
        lines.hang(Text(), Text(f"    {words.cut(why, LONGEST)}", style(check.verdict)))


def _causes(judgement: Judgement, *, named: bool) -> str:
    count = len(judgement.causes)
    if not count:
        return "no fault is left"
    if judgement.alternative:
        return f"worked around as in “{judgement.alternative.title}”; the fault itself is still there"
    left = "1 fault is still there" if count == 1 else f"{count} faults are still there"
    return f"{left}: {', '.join(judgement.causes)}" if named else left


def print_doctor(findings: Sequence[Finding], console: Console | None = None) -> None:
    """What works and what does not, by area; below each lack how to get it."""
    lines = Lines(console or stdout())
    area = ""
    for finding in findings:
        label = finding.area if finding.area != area else ""
        area = finding.area
        head = Text.assemble(mark(STATES[finding.state]), f" {words.clean(finding.name)}")
        lines.hang(
            Text(label, "cyan"), Text.assemble(head, (f"  {words.clean(finding.detail)}" * bool(finding.detail), "dim"))
        )
        if finding.state != "yes" and finding.remedy:
            lines.hang(Text(), Text(f"  → {words.clean(finding.remedy)}", "yellow"))
    lines.write()
    vital = [finding.name for finding in findings if finding.vital and finding.state == "no"]
    lacks = sum(finding.state != "yes" for finding in findings)
    if vital:
        lines.write(Text(f"no lab can run here without: {', '.join(vital)}", BAD))
    else:
        lines.write(
            Text(
                "labs can run here"
                + (f"; {lacks} {'is' if lacks == 1 else 'are'} missing, which some need" * bool(lacks)),
                "green",
            )
        )

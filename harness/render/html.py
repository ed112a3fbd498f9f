"""report.html: one page that holds everything and needs nothing, for a person who was not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from droplab.harness.engine.report import Evidence, FaultReport, Phase, Report
from droplab.harness.render import plots, topology, topology_svg, words
from droplab.harness.verdict.judge import Check

TEMPLATES = Path(__file__).parent / "templates"
LINES_SHOWN = 120
CHARACTERS_SHOWN = 20_000
OPEN_UP_TO = 14  # lines of output that are shown without a click
SIDES = (
    ("artifact", "the change is there, and was not before"),
    ("trace", "a counter or a state of the kernel moved with it"),
    ("symptom", "the same traffic fares worse than just before"),
    ("control", "traffic that the fault must spare is unchanged"),
)


@dataclass(frozen=True)
class Bar:
    """A stretch of the timeline, in per cent of the run."""

    name: str
    anchor: str
    verdict: str
    left: float
    width: float
    seconds: str
    note: str


@dataclass(frozen=True)
class Line:
    """A line of a command's output; ``tells`` marks it as what had to be shown."""

    text: str
    tells: bool


@dataclass(frozen=True)
class Shown:
    """A command and its output as far as the page shows it."""

    evidence: Evidence
    command: str
    lines: tuple[Line, ...]
    note: str
    problem: str
    open: bool


def render(report: Report) -> str:
    """The page. Everything that came from a command or a definition is escaped."""
    notes: dict[str, list[str]] = {}
    for fault in report.faults:
        notes.setdefault(fault.node, []).append(fault.key)
    page = _environment().get_template("report.html.j2")
    drawn = page.render(
        report=report,
        story=_markdown(report.story),
        topology=Markup(topology_svg.svg(topology.of_report(report.topology, notes))),  # noqa: S704 (built by ElementTree)
        timeline=timeline(report),
        loss_plot=Markup(plots.loss_plot(report)),  # noqa: S704 (matplotlib escapes its texts)
        rtt_plot=Markup(plots.rtt_plot(report)),  # noqa: S704
        sides=SIDES,
        counts=_counts(report),
    )
    return words.printable(drawn)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: words.clean(value) if type(value) is str else value,
    )
    environment.filters |= {
        "duration": words.duration,
        "mark": lambda verdict: words.MARKS.get(verdict, "!"),
        "worst": words.worst,
        "subject": words.subject,
        "advice": words.advice,
        "side": words.side,
        "value": words.value,
        "shown": shown,
        "percent": _percent,
        "clean": words.clean,
        "small": lambda number: f"{number:g}",
        "details": _details,
    }
    return environment


def _markdown(text: str) -> Markup:
    """The story's Markdown, without HTML of its own and without images: the page loads nothing."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])
    return Markup(parser.render(words.clean(text)))  # noqa: S704 (the parser escapes)


def timeline(report: Report) -> list[Bar]:
    """The phases and, between the first two, the injection, as parts of the run's duration."""
    whole = (
        max(report.duration_s, *(phase.started_s + phase.duration_s for phase in report.phases), 1e-9)
        if report.phases
        else 1
    )
    bars = [_bar(phase, number, whole) for number, phase in enumerate(report.phases)]
    if report.faults and report.phases:
        began = report.phases[0].started_s + report.phases[0].duration_s
        ended = report.phases[1].started_s if len(report.phases) > 1 else report.duration_s
        bars.insert(1, _injection(report.faults, began, max(ended, began), whole))
    return bars


def _bar(phase: Phase, number: int, whole: float) -> Bar:
    failed = sum(check.verdict != "pass" for check in phase.checks)
    note = f"{failed} of {len(phase.checks)} checks not as expected" if failed else f"{len(phase.checks)} checks"
    return Bar(
        name=phase.name,
        anchor=f"phase-{number}",
        verdict=words.worst(phase),
        left=100 * phase.started_s / whole,
        width=max(100 * phase.duration_s / whole, 0.4),
        seconds=words.duration(phase.duration_s),
        note=note if phase.checks else f"{len(phase.evidence)} commands",
    )


def _injection(faults: Sequence[FaultReport], began: float, ended: float, whole: float) -> Bar:
    bad = any(words.side(getattr(fault.proof, side))[0] == "failed" for fault in faults for side, _ in SIDES)
    return Bar(
        name=f"inject {len(faults)} fault{'s' * (len(faults) != 1)}",
        anchor="faults",
        verdict="fail" if bad else "pass",
        left=100 * began / whole,
        width=max(100 * (ended - began) / whole, 0.4),
        seconds=words.duration(ended - began),
        note=", ".join(fault.key for fault in faults),
    )


def _counts(report: Report) -> Mapping[str, int]:
    checks = [check.verdict for phase in report.phases for check in phase.checks]
    return {verdict: checks.count(verdict) for verdict in ("pass", "fail", "inconclusive", "error")}


def shown(evidence: Evidence) -> Shown:
    """A command's output, cut where it is longer than a person reads; report.json has it whole."""
    output = words.clean(evidence.output)
    lines = output[:CHARACTERS_SHOWN].splitlines()[:LINES_SHOWN]
    tells = set(words.telling(evidence))
    whole = output.count("\n") + (not output.endswith("\n"))
    note = ""
    if len(output) > CHARACTERS_SHOWN or whole > LINES_SHOWN:
        note = f"cut: {len(lines)} of {whole} lines are shown, report.json has all of it"
    return Shown(
        evidence=evidence,
        command=words.clean(evidence.command),
        lines=tuple(Line(line, number in tells) for number, line in enumerate(lines)),
        note=note,
        problem="" if evidence.held else words.unheld(evidence),
        open=not evidence.held or 0 < len(lines) <= OPEN_UP_TO,
    )


def _percent(check: Check) -> str:
    if check.interval is None:
        return ""
    low, high = check.interval
    return f"{100 * low:.3g} to {100 * high:.3g} %"


def _details(details: Mapping[str, Any]) -> str:
    """What a probe saw beside its metrics, in one line; long lists are left to report.json."""
    short = {name: item for name, item in details.items() if not isinstance(item, list | tuple | Mapping)}
    return ", ".join(f"{name} {words.cut(words.clean(str(item)), 80)}" for name, item in short.items())

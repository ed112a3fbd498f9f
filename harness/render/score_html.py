"""The score of tools as one HTML page: the heat map (tool by fault) and the detection curves. No script, no network."""

from __future__ import annotations

from dataclasses import dataclass

from droplab.harness.render import score_words, words
from droplab.harness.scoring.rates import CaseScore, Score
from droplab.harness.scoring.scoring import Scoring

WIDTH, HEIGHT, MARGIN = 260, 120, 24
HUES = (205, 25, 130, 300, 55, 265, 345, 170, 90, 230, 10, 150, 320, 40, 190)
"""Of the curves' colours, in degrees; one for each tool in its order."""


@dataclass(frozen=True)
class Cell:
    """A square of the heat map: its text, its shade (0..100, -1 for nothing) and what the pointer shows."""

    text: str
    shade: int
    title: str
    mark: str = ""


@dataclass(frozen=True)
class Curve:
    """A tool's share of noticed runs over the severities of one fault, as points of an SVG polyline."""

    tool: str
    hue: int
    points: str


@dataclass(frozen=True)
class Plot:
    """The curves of one fault."""

    title: str
    ticks: tuple[tuple[float, str], ...]
    curves: tuple[Curve, ...]


def render(found: Scoring) -> str:
    """The page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("droplab.harness.render", "templates")
    page = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return words.printable(
        page.get_template("score.html.j2").render(
            found=found,
            metrics=score_words.METRICS,
            rates=[(score.tool, score_words.rates(score)) for score in found.scores],
            rows=_heat_map(found),
            plots=_plots(found),
            size=(WIDTH, HEIGHT, MARGIN),
        )
    )


def _heat_map(found: Scoring) -> list[tuple[str, list[Cell]]]:
    order = list(dict.fromkeys(each.case.id for score in found.scores for each in score.cases))
    known = {(score.tool, each.case.id): each for score in found.scores for each in score.cases}
    return [(case, [_cell(known.get((score.tool, case))) for score in found.scores]) for case in order]


def _cell(each: CaseScore | None) -> Cell:
    if each is None or not each.false_alarm.n:
        return Cell("", -1, "; ".join(each.why)[:300] if each else "not tried")
    title = words.clean(f"{'; '.join(each.why)[:300]}\nkernel: {'; '.join(each.kernel)[:200] or 'no drop reason'}")
    if not each.case.kind:
        return Cell(
            f"{each.false_alarm.k}/{each.false_alarm.n}", -1, title or "silent", "false" if each.false_alarm.k else ""
        )
    mark = "wrong" if each.wrong.k else "right" if each.right.k else "cannot" if each.cannot else ""
    return Cell(score_words.count(each.noticed), round(100 * each.noticed.estimate), title, mark)


def _plots(found: Scoring) -> list[Plot]:
    graded = dict.fromkeys(
        each.case.kind for score in found.scores for each in score.cases if each.case.severity and not each.case.like
    )
    return [_plot(found, kind) for kind in graded if kind]


def _plot(found: Scoring, kind: str) -> Plot:
    rows = {score.tool: _graded(score, kind) for score in found.scores}
    longest = max(rows.values(), key=len)
    step = (WIDTH - 2 * MARGIN) / max(len(longest) - 1, 1)
    labels = [each.case.severity for each in longest]
    ticks = tuple((MARGIN + step * at, f"{label[1]:g}") for at, label in enumerate(labels) if label)
    name = labels[0][0] if labels and labels[0] else ""
    curves = tuple(
        Curve(tool, HUES[index % len(HUES)], _points(cases, step)) for index, (tool, cases) in enumerate(rows.items())
    )
    return Plot(f"{kind}: {name}", ticks, curves)


def _graded(score: Score, kind: str) -> list[CaseScore]:
    return [each for each in score.cases if each.case.kind == kind and each.case.severity and not each.case.like]


def _points(cases: list[CaseScore], step: float) -> str:
    height = HEIGHT - 2 * MARGIN
    return " ".join(
        f"{MARGIN + step * at:.1f},{HEIGHT - MARGIN - height * each.noticed.estimate:.1f}"
        for at, each in enumerate(cases)
        if each.noticed.n
    )

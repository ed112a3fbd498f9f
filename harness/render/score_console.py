"""The score of tools in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from droplab.harness.render import score_words, words
from droplab.harness.render.lines import Lines, stdout
from droplab.harness.scoring.baseline import Change
from droplab.harness.scoring.rates import Score
from droplab.harness.scoring.scoring import Scoring


def print_scoring(found: Scoring, console: Console | None = None) -> None:
    """A table for each tool, then all tools side by side, then what became of the baseline."""
    lines = Lines(console or stdout())
    for score in found.scores:
        lines.write(Text(f"{score.tool}  {words.clean(score.version)}", "bold"))
        lines.block(_cases(score))
        for kind, (name, value) in score.smallest().items():
            lines.write(f"  notices {kind} down to {name}={value:g} (in half of the runs or more)")
        for told in dict.fromkeys(why for each in score.cases if each.excluded for why in each.why):
            lines.write(Text(f"  not counted: {words.clean(told)[:200]}", "dim"))
        lines.write()
    lines.block(_tools(found))
    lines.write(f"{found.excluded} trials not counted; intervals miss the true rate in 5 % of cases at most")
    _print_changes(lines, found.changes)
    lines.write(Text(found.reproduce, "dim"))


def _cases(score: Score) -> Table:
    table = _table("case", "noticed", "named right", "wrong", "false alarm", "seen after")
    for each in score.cases:
        table.add_row(
            score_words.kind(each),
            score_words.noticed(each),
            score_words.right(each) if each.case.kind else "",
            score_words.count(each.wrong),
            score_words.count(each.false_alarm),
            score_words.after(each),
        )
    return table


def _tools(found: Scoring) -> Table:
    table = _table("tool", *score_words.METRICS)
    for score in found.scores:
        table.add_row(score.tool, *score_words.rates(score))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def _print_changes(lines: Lines, changes: tuple[Change, ...]) -> None:
    for verdict in score_words.WORST_FIRST:
        for change in changes:
            if change.verdict == verdict:
                style = "bold red" if change.fails else ""
                lines.write(
                    Text(f"{verdict.upper() if change.fails else verdict}  {change.key}  {change.words}", style)
                )
    if changes:
        same = sum(change.verdict == "same" for change in changes)
        lines.write(f"{same} of {len(changes)} cases are the same as in the baseline")

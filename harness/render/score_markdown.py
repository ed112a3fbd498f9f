"""The score of tools for a merge request, and for docs/tools.md."""

from __future__ import annotations

from collections.abc import Iterator

from droplab.harness.render import score_words, words
from droplab.harness.scoring.rates import CaseScore
from droplab.harness.scoring.scoring import Scoring


def render(found: Scoring) -> str:
    """What changed first, then the four rates, then every case of every tool."""
    return (
        "\n".join(
            [*_changes(found), *_rates(found), *_matrix(found), *_kernel(found), *_limits(found), *_origin(found)]
        )
        + "\n"
    )


def _changes(found: Scoring) -> Iterator[str]:
    told = [change for verdict in score_words.WORST_FIRST for change in found.changes if change.verdict == verdict]
    if found.changes:
        yield f"**{'Worse than the baseline' if found.failed else 'Not worse than the baseline'}**\n"
    yield from (f"- {change.verdict}: `{change.key}` {change.words}" for change in told)
    if told:
        yield ""


def _rates(found: Scoring) -> Iterator[str]:
    yield from _table(("tool", *score_words.METRICS))
    for score in found.scores:
        yield _row((f"`{score.tool}`", *score_words.rates(score)))
    yield ""


def _matrix(found: Scoring) -> Iterator[str]:
    """Case by tool: how often noticed; bold where it was named right more often than not."""
    names = [score.tool for score in found.scores]
    order = list(dict.fromkeys(each.case.id for score in found.scores for each in score.cases))
    known = {(score.tool, each.case.id): each for score in found.scores for each in score.cases}
    yield from _table(("case", *names))
    for case in order:
        yield _row((case, *(_cell(known.get((name, case))) for name in names)))
    yield ""


def _cell(each: CaseScore | None) -> str:
    if each is None or not each.false_alarm.n:
        return ""
    if not each.case.kind:
        return f"{each.false_alarm.k}/{each.false_alarm.n} false"
    told = score_words.count(each.noticed)
    if each.wrong.k:
        told += f" ({each.wrong.k} wrong)"
    return f"**{told}**" if 2 * each.right.k > each.right.n else told


def _kernel(found: Scoring) -> Iterator[str]:
    """Beside what tools name: the drop reasons that the kernel gave while they looked."""
    said = {each.case.id: each.kernel for score in found.scores for each in score.cases if each.kernel}
    named = {
        case: [score.tool for score in found.scores for each in score.cases if each.case.id == case and each.right.k]
        for case in said
    }
    if not said:
        return
    yield from _table(("case", "dropped, says the kernel (skb:kfree_skb)", "named right by"))
    for case, reasons in said.items():
        yield _row((case, reasons[0], ", ".join(named[case]) or "nobody"))
    yield ""


def _limits(found: Scoring) -> Iterator[str]:
    """Where a tool's definition says that it cannot see a fault, and whether that is true."""
    for score in found.scores:
        for each in score.cases:
            if each.cannot and each.noticed.n:
                seen = f", but it noticed {score_words.count(each.noticed)}" if each.noticed.k else ""
                yield f"- `{score.tool}` cannot see {each.case.id}: {each.cannot}{seen}"
    yield ""


def _origin(found: Scoring) -> Iterator[str]:
    versions = "; ".join(f"{score.tool}: {words.cut(score.version, 60)}" for score in found.scores if score.version)
    kernel = found.environment.get("kernel", "unknown")
    yield f"Kernel {kernel}, seed {found.seed}, {found.excluded} trials not counted."
    yield f"Versions: {versions}.\n"
    yield f"Repeat it with `{found.reproduce}`."


def _table(columns: tuple[str, ...]) -> Iterator[str]:
    yield _row(columns)
    yield _row(tuple("---" for _ in columns))


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"

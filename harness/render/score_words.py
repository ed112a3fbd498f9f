"""How counts, rates and cases of a score are written, wherever they are shown."""

from __future__ import annotations

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.scoring.rates import ERROR, CaseScore, Score
from droplab.harness.verdict.proportion import interval

METRICS = ("noticed", "named right", "named wrong", "false alarm")
WORST_FIRST = ("worse", "gone", "cannot tell", "better", "new")


def count(rate: Proportion) -> str:
    """``13/20``, or a hyphen where nothing was tried."""
    return f"{rate.k}/{rate.n}" if rate.n else "-"


def rate(value: Proportion) -> str:
    """``13/20 [.41, .85]``."""
    if not value.n:
        return "-"
    low, high = interval(value, ERROR)
    return f"{count(value)} [{_short(low)}, {_short(high)}]"


def _short(share: float) -> str:
    return f"{share:.2f}".replace("0.", ".", 1) if share < 1 else "1"


def rates(score: Score) -> tuple[str, ...]:
    """The four rates of a tool, in the order of METRICS."""
    return tuple(map(rate, (score.noticed, score.right, score.wrong, score.false_alarm)))


def noticed(each: CaseScore) -> str:
    """Of a case with a fault, how often it was noticed; of a healthy one, how often it stayed silent."""
    if each.case.kind:
        return rate(each.noticed)
    silent = Proportion(each.false_alarm.n - each.false_alarm.k, each.false_alarm.n)
    return f"silent {rate(silent)}"


def right(each: CaseScore) -> str:
    """How often it was named right; or that its definition cannot name it."""
    if each.cannot:
        return "cannot see"
    return count(each.right) if each.nameable else "cannot name"


def after(each: CaseScore) -> str:
    """The median time to notice."""
    return f"{each.after_s:.2f} s" if each.after_s is not None else ""


def kind(each: CaseScore) -> str:
    """The case, marked where a tool should stay silent."""
    quiet = "" if each.case.real or not each.case.kind else " (does no harm)"
    return f"{each.case.id}{quiet}"

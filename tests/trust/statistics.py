"""``statistics``: the table of error probabilities and of power."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.verdict.proportion import upper_bound

from .simulation import CASES, Case, declared, drawn, exactly, rising
from .tally import say

DRAWS = (100_000_000, 2_000_000)
"""Checks drawn at random for each case, in the full and in the quick form."""
RISING = ((0.0, 300), (0.01, 300), (0.3, 300), (0.51, 1638))
RISING_ERROR = 1e-3
SURE = 1e-6
"""A measured share may lie above the truth by chance; what is compared is its lower bound at this error."""


def report(*, quick: bool, seed: int) -> int:
    """Print both tables; 1 when a check is wrong more often than it declares."""
    times = DRAWS[quick]
    errors = Table("a check that must not", f"wrong of {times:.0e}", "exactly", f"declared {declared():g}")
    power = Table("power", "pass", "fail", "inconclusive")
    kept = True
    for case in CASES:
        say(case.words)
        chances = exactly(case)
        if case.wrong is None:
            power.add_row(case.words, *(f"{chance:.6g}" for chance in chances.values()))
            continue
        wrong = drawn(case, times, seed)[case.wrong]
        held = chances[case.wrong] <= declared() and not _above(wrong, times, declared())
        kept &= held
        errors.add_row(_words(case), str(wrong), f"{chances[case.wrong]:.2g}", "kept" if held else "BROKEN")
    console = Console(width=120)
    console.print(errors, power, _rises(times // 10, seed))
    return 0 if kept else 1


def _words(case: Case) -> str:
    return f"{case.words}: {case.wrong}"


def _above(wrong: int, times: int, declared_error: float) -> bool:
    """Whether so many wrong ones show a probability above the declared one."""
    return 1 - upper_bound(Proportion(times - wrong, times), SURE) > declared_error


def _rises(times: int, seed: int) -> Table:
    """The proof's own test at a larger error, where a simulation sees something."""
    table = Table("a rise that is none", f"share of {times:.0e}", "declared")
    for p, n in RISING:
        share = rising(p, n, RISING_ERROR, times, seed)
        table.add_row(f"loss {p:g} before and after, {n} + {n} probes", f"{share:.2g}", f"{RISING_ERROR:g}")
    return table

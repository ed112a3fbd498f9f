"""Whole checks, second looks included: wrong no oftener than declared, and sure enough of a clear case."""

from __future__ import annotations

import pytest

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.verdict.expectation import Expectation, Near, NoneLost, Within
from droplab.harness.verdict.judge import ERROR, judge, looks, trials
from droplab.harness.verdict.proportion import upper_bound
from droplab.harness.verdict.sample_size import STEP, STRAYS, near_size, none_lost_size
from tests.trust.simulation import CASES, VERDICTS, Case, drawn, exactly

WRONG = [case for case in CASES if case.wrong is not None]
CERTAIN = {"loss: 0, nothing lost": "pass", "loss: [0.2, 0.4], true loss 30 %": "pass"}


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.words)
def test_a_check_is_wrong_no_oftener_than_declared(case: Case) -> None:
    chances = exactly(case)
    assert sum(chances.values()) == pytest.approx(1, abs=1e-9)
    assert case.wrong is not None
    assert 0 < chances[case.wrong] <= ERROR


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_drawing_at_random_agrees_with_the_exact_sum(case: Case) -> None:
    times = 20_000
    chances, counts = exactly(case), drawn(case, times, seed=1)
    assert sum(counts.values()) == times
    for verdict in VERDICTS:
        spread = (times * chances[verdict] * (1 - chances[verdict])) ** 0.5
        assert abs(counts[verdict] - times * chances[verdict]) <= 6 * spread + 3


@pytest.mark.parametrize("case", [case for case in CASES if case.words in CERTAIN], ids=lambda case: case.words)
def test_a_clear_case_passes(case: Case) -> None:
    assert exactly(case)["pass"] > 1 - ERROR


@pytest.mark.parametrize(
    ("expectation", "truth", "verdict"),
    [
        (NoneLost(), 0.05, "fail"),
        (Near(0.51), 0.3, "fail"),
        (Near(0.3), 0.51, "fail"),
        (Within(0.2, 0.4), 0.51, "fail"),
        (Within(0.99, 1), 1.0, "pass"),
    ],
)
def test_a_clear_difference_is_seen(expectation: Expectation, truth: float, verdict: str) -> None:
    chances = exactly(Case("", expectation, truth, None))
    assert dict(chances)[verdict] > 1 - ERROR  # type: ignore[index]


def test_the_sizes_are_the_smallest_that_do() -> None:
    n = none_lost_size(0.01, ERROR)
    assert upper_bound(Proportion(STRAYS, n), ERROR) < 0.01 <= upper_bound(Proportion(STRAYS, n - STEP), ERROR)
    for p, tol in ((0.51, 0.05), (0.3, 0.05), (0.02, 0.02), (0.5, 0.1)):
        enough = near_size(p, tol, ERROR)
        assert judge("syn", "loss", Near(p, tol), Proportion(round(p * enough), enough)).verdict == "pass"
        few = enough // 2
        assert judge("syn", "loss", Near(p, tol), Proportion(round(p * few), few)).verdict == "inconclusive"


def test_more_looks_share_the_error() -> None:
    assert looks(Near(0.5)) == 1
    assert looks(NoneLost()) == looks(Within(0, 1)) == 2
    enough = trials(NoneLost(), proportion=True)
    assert enough is not None
    bound = upper_bound(Proportion(0, enough), ERROR / 2)
    shown = judge("syn", "loss", NoneLost(), Proportion(0, enough)).interval
    assert shown == (0.0, bound)

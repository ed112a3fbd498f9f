from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.scoring.fisher import fewer, holm, more, runs_needed


@pytest.mark.parametrize(
    ("before", "after", "p"),
    [
        ((20, 20), (11, 20), 0.000614),  # computed in the proposal: 20 runs tell 20 of 20 from 11 of 20 at 1e-3
        ((20, 20), (12, 20), 0.001638),
        ((10, 10), (2, 10), 0.000357),
        ((3, 4), (1, 4), 0.242857),  # Fisher's tea, The Design of Experiments (1935): 17 of 70
    ],
)
def test_fewer(before: tuple[int, int], after: tuple[int, int], p: float) -> None:
    assert fewer(Proportion(*before), Proportion(*after)) == pytest.approx(p, abs=1e-6)


COUNTS = st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS, COUNTS)
def test_both_sides_share_the_middle(before: tuple[int, int], after: tuple[int, int]) -> None:
    was, now = Proportion(*before), Proportion(*after)
    assert fewer(was, now) + more(was, now) >= 1 - 1e-9
    assert fewer(was, now) == pytest.approx(more(now, was))


def test_nothing_to_compare_is_no_difference() -> None:
    assert fewer(Proportion(0, 0), Proportion(3, 5)) == 1.0
    assert more(Proportion(5, 5), Proportion(0, 0)) == 1.0


def test_runs_needed_is_enough_and_one_less_is_not() -> None:
    needed = runs_needed(Proportion(10, 10), Proportion(5, 10), 1e-3)
    assert needed is not None

    def p(n: int) -> float:
        return fewer(Proportion(n, n), Proportion(round(n / 2), n))

    assert p(needed) <= 1e-3 < p(needed - 1)
    assert runs_needed(Proportion(5, 10), Proportion(5, 10), 1e-3) is None


def test_holm_shares_alpha() -> None:
    assert holm({"a": 0.01, "b": 0.03, "c": 0.04}, 0.05) == {"a"}
    assert holm({"a": 0.01, "b": 0.02}, 0.05) == {"a", "b"}
    assert holm({}, 0.05) == set()

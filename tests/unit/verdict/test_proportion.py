"""The exact tests, against scipy's own and against counting every case."""

from __future__ import annotations

from math import comb, isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.verdict.proportion import (
    acceptance_region,
    at_least,
    at_most,
    interval,
    lower_bound,
    miss,
    rises,
    same,
    upper_bound,
)

SHARES = st.floats(0.001, 0.999)
ERRORS = st.sampled_from([1e-6, 1e-3, 0.05])


@st.composite
def proportions(draw: st.DrawFn) -> Proportion:
    n = draw(st.integers(1, 10_000))
    return Proportion(draw(st.integers(0, n)), n)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(-1, n + 1), st.just(n))), SHARES)
@settings(max_examples=100, deadline=None)
def test_tails_are_those_of_scipy(counts: tuple[int, int], p: float) -> None:
    k, n = counts
    assert at_most(k, n, p) == pytest.approx(binom.cdf(k, n, p), rel=1e-9, abs=1e-300)
    assert at_least(k, n, p) == pytest.approx(binom.sf(k - 1, n, p), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("n", "p"), [(1, 0.5), (7, 0.3), (12, 0.51)])
def test_tails_are_the_sum_over_every_case(n: int, p: float) -> None:
    chance = [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    for k in range(n + 1):
        assert isclose(at_most(k, n, p), sum(chance[: k + 1]), rel_tol=1e-12)
        assert isclose(at_least(k, n, p), sum(chance[k:]), rel_tol=1e-12)


@given(proportions(), ERRORS)
@settings(max_examples=50, deadline=None)
def test_the_interval_is_that_of_clopper_and_pearson(seen: Proportion, error: float) -> None:
    expected = binomtest(seen.k, seen.n).proportion_ci(1 - error, method="exact")
    assert interval(seen, error) == pytest.approx((expected.low, expected.high), rel=1e-6, abs=1e-9)


@given(proportions(), ERRORS)
@settings(max_examples=50, deadline=None)
def test_a_bound_is_where_the_tail_is_the_error(seen: Proportion, error: float) -> None:
    if seen.k:
        assert at_least(seen.k, seen.n, lower_bound(seen, error)) == pytest.approx(error, rel=1e-6)
    if seen.k < seen.n:
        assert at_most(seen.k, seen.n, upper_bound(seen, error)) == pytest.approx(error, rel=1e-6)


@given(st.integers(1, 3000), SHARES, ERRORS)
@settings(max_examples=50, deadline=None)
def test_the_acceptance_region_is_the_narrowest_that_keeps_its_error(n: int, p: float, error: float) -> None:
    a, b = acceptance_region(n, p, error)
    assert binom.cdf(a - 1, n, p) <= error / 2 * (1 + 1e-9)
    assert binom.sf(b, n, p) <= error / 2 * (1 + 1e-9)
    assert binom.cdf(a, n, p) > error / 2 * (1 - 1e-9)
    assert b == 0 or binom.sf(b - 1, n, p) > error / 2 * (1 - 1e-9)


def test_a_miss_is_the_worse_of_both_sides() -> None:
    a, b = acceptance_region(2000, 0.3, 1e-6)
    inside = [binom.cdf(b, 2000, p) - binom.cdf(a - 1, 2000, p) for p in (0.25, 0.35)]
    assert miss(2000, 0.3, 0.05, 1e-6) == pytest.approx(max(inside), rel=1e-6)


@pytest.mark.parametrize("error", [0.2, 0.05])
@pytest.mark.parametrize("p", [0.02, 0.3, 0.51])
def test_a_rise_that_is_none_is_seen_no_oftener_than_declared(p: float, error: float) -> None:
    n = 12
    chance = binom.pmf(range(n + 1), n, p)
    counts = range(n + 1)
    cases = [(Proportion(k, n), Proportion(more, n), chance[k] * chance[more]) for k in counts for more in counts]
    assert sum(share for before, after, share in cases if rises(before, after, error)) <= error
    assert any(rises(before, after, error) for before, after, _ in cases)


@pytest.mark.parametrize(
    ("before", "after", "seen"), [(0, 90, True), (90, 153, False), (90, 100, False), (5, 5, False)]
)
def test_a_rise_of_a_proof(before: int, after: int, seen: bool) -> None:
    first, second = Proportion(before, 300), Proportion(after, 300)
    assert rises(first, second, 1e-6) is seen
    assert same(first, second, 1e-6) is not seen
    assert not rises(second, first, 1e-6)

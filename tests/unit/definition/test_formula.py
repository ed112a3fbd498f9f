from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from droplab.harness.definition.formula import NotComputable, compute

PARAMETERS: dict[str, float | int | str] = {"p_in": 0.3, "p_out": 0.2, "n": 4, "who": "nginx"}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1-(1-p_in)*(1-p_out)", 0.44),
        ("1/n", 0.25),
        ("-p_in + 1", 0.7),
        ("2*3/4", 1.5),
        ("  0.5 ", 0.5),
        ("1e-3", 0.001),
        ("--1", 1),
    ],
)
def test_values(formula: str, value: float) -> None:
    assert compute(formula, PARAMETERS) == pytest.approx(value)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("p_inn", "no parameter is called p_inn; did you mean p_in?"),
        ("who", "the parameter who is text, not a number"),
        ("30%", "expected a number or a formula with + - * / ( ); write 0.3 for 30 %"),
        ("1/0", "the formula divides by zero"),
        ("1e300*1e300", "the formula's value is too large"),
        ("2**9", "a formula has only numbers, parameter names, + - * / and ( )"),
        ("__import__('os')", "a formula has only numbers, parameter names, + - * / and ( )"),
        ("p_in.real", "a formula has only numbers, parameter names, + - * / and ( )"),
        ("True", "a formula has only numbers, parameter names, + - * / and ( )"),
        ("1j", "a formula has only numbers, parameter names, + - * / and ( )"),
        ("'a'", "a formula has only numbers, parameter names, + - * / and ( )"),
        ("1 if 1 else 2", "a formula has only numbers, parameter names, + - * / and ( )"),
        ("", "expected a number or a formula with + - * / ( )"),
        ("1-", "expected a number or a formula with + - * / ( )"),
        ("1if 1else 2", "expected a number or a formula with + - * / ( )"),
        ("(" * 150 + "1" + ")" * 40, "expected a number or a formula with + - * / ( )"),
        ("1+" * 150 + "1", "a formula of more than 200 characters"),
    ],
)
def test_what_cannot_be_computed(formula: str, words: str) -> None:
    with pytest.raises(NotComputable) as caught:
        compute(formula, PARAMETERS)
    assert str(caught.value) == words


NUMBERS = st.one_of(st.sampled_from(sorted(PARAMETERS.keys() - {"who"})), st.integers(0, 9).map(str), st.just("0.5"))
TREES = st.recursive(
    NUMBERS, lambda part: st.tuples(part, st.sampled_from("+-*/"), part).map(lambda t: f"({''.join(t)})"), max_leaves=12
)


@given(TREES)
def test_it_is_arithmetic(formula: str) -> None:
    names = {name: value for name, value in PARAMETERS.items() if name != "who"}
    try:
        expected = eval(formula, {}, names)
    except ZeroDivisionError:
        with pytest.raises(NotComputable, match="divides by zero"):
            compute(formula, PARAMETERS)
        return
    assert compute(formula, PARAMETERS) == expected

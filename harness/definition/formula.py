"""Formulas such as ``1-(1-p_in)*(1-p_out)``: numbers, parameter names, + - * / and parentheses. Parsed, never run."""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping

from droplab.harness.definition.nearest import did_you_mean

LONGEST = 200
OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class NotComputable(Exception):
    """What is wrong with a formula, in words."""


def compute(formula: str, parameters: Mapping[str, float | int | str]) -> float:
    """The value of ``formula``, always finite. Raises NotComputable."""
    if len(formula) > LONGEST:
        raise NotComputable(f"a formula of more than {LONGEST} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # "1if" is only warned about
            tree = ast.parse(formula.strip(), mode="eval")
        value = _value(tree.body, parameters)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise NotComputable(f"expected a number or a formula with + - * / ( ){_percent(formula)}") from None
    except ZeroDivisionError:
        raise NotComputable("the formula divides by zero") from None
    except OverflowError:
        raise NotComputable("the formula's value is too large") from None
    if not math.isfinite(value):
        raise NotComputable("the formula's value is too large")
    return value


def _percent(formula: str) -> str:
    number = formula.strip().removesuffix("%").strip()
    if not formula.strip().endswith("%") or not number.replace(".", "", 1).isdecimal() or len(number) > 9:
        return ""
    return f"; write {float(number) / 100:g} for {number} %"


def _value(node: ast.expr, parameters: Mapping[str, float | int | str]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name):
            return _parameter(name, parameters)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, parameters)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, parameters), _value(right, parameters))
    raise NotComputable("a formula has only numbers, parameter names, + - * / and ( )")


def _parameter(name: str, parameters: Mapping[str, float | int | str]) -> float:
    if name not in parameters:
        raise NotComputable(f"no parameter is called {name}{did_you_mean(name, parameters)}")
    value = parameters[name]
    if isinstance(value, str):
        raise NotComputable(f"the parameter {name} is text, not a number")
    return value

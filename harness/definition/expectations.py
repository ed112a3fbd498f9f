"""What a definition expects of its probes, typed by the metrics that each kind of probe has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from droplab.harness.contracts.measurement import Metric
from droplab.harness.contracts.probe import Probe
from droplab.harness.definition.formula import NotComputable, compute
from droplab.harness.definition.lab import Expectations
from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.definition.problems import NOTHING
from droplab.harness.definition.reading import Reading
from droplab.harness.definition.yaml_positions import Trail
from droplab.harness.verdict.expectation import Contains, Exactly, Expectation, Near, NoneLost, OneOf, Within

LARGEST_TOLERANCE = 0.5
FORMS = {
    Metric.PROPORTION: "a number from 0 to 1, a formula, or a range [low, high]",
    Metric.COUNT: "a whole number",
    Metric.CATEGORY: "a word or a list of words",
    Metric.TEXT: "a text that must occur",
    Metric.GAUGE: "a range [low, high]",
    Metric.TIME: "a range [low, high] in seconds",
}


class Unfit(Exception):
    """A value that its metric cannot be compared with, in words. ``got`` is shown unless it is NOTHING."""

    def __init__(self, words: str, got: object = NOTHING) -> None:
        super().__init__(words)
        self.got = got


@dataclass(frozen=True)
class Reader:
    """Reads expectations. ``kinds``: probe to its class, None for a probe whose own entry is wrong."""

    kinds: Mapping[str, type[Probe] | None]
    reading: Reading

    def read(self, section: Any, trail: Trail) -> Expectations:
        """The expectations of a section; wrong ones go to the problems and are left out."""
        found: dict[str, dict[str, Expectation]] = {}
        for probe, metrics in section.items() if isinstance(section, dict) else ():
            known = self.reading.probes
            if known is not None and probe not in known:
                self.reading.problems.unknown_key((*trail, probe), "no such probe in this lab", known)
            elif (kind := self.kinds.get(probe)) is not None and isinstance(metrics, dict):
                found[probe] = self._metrics(kind, metrics, (*trail, probe))
        return found

    def _metrics(self, kind: type[Probe], section: Mapping[str, Any], trail: Trail) -> dict[str, Expectation]:
        found: dict[str, Expectation] = {}
        if not section:
            self.reading.problems.add(trail, f"expects nothing; its metrics are {', '.join(kind.metrics)}")
        for name, value in section.items():
            where = (*trail, name)
            if name not in kind.metrics:
                self.reading.problems.unknown_key(where, "not a metric of this probe", kind.metrics)
                continue
            try:
                found[name] = self._one(kind, name, value)
            except Unfit as error:
                self.reading.problems.add(where, str(error), error.got)
        return found

    def _one(self, kind: type[Probe], name: str, value: Any) -> Expectation:
        metric = kind.metrics[name]
        match metric:
            case Metric.PROPORTION:
                return self._proportion(value)
            case Metric.COUNT:
                return self._count(value)
            case Metric.CATEGORY:
                return _category(value, getattr(kind, "categories", {}).get(name, ()))
            case Metric.TEXT:
                if isinstance(value, str) and value:
                    return Contains(value)
            case Metric.GAUGE | Metric.TIME:
                if isinstance(value, list):
                    return self._range(value, metric)
        raise Unfit(f"expected {FORMS[metric]}", value)

    def _proportion(self, value: Any) -> Expectation:
        if isinstance(value, list):
            return self._range(value, Metric.PROPORTION)
        if isinstance(value, dict):
            return self._near(value)
        share = _share(self._number(value, Metric.PROPORTION), value)
        return NoneLost() if share == 0 else Near(share)

    def _near(self, value: dict[str, Any]) -> Near:
        if "near" not in value or not set(value) <= {"near", "tol"}:
            raise Unfit("expected {near: 0.51, tol: 0.1}", value)
        share = _share(self._number(value["near"], Metric.PROPORTION), value["near"])
        if "tol" not in value:
            return Near(share)
        tolerance = self._number(value["tol"], Metric.PROPORTION)
        if not 0 < tolerance <= LARGEST_TOLERANCE:
            raise Unfit(f"tol must be above 0 and at most {LARGEST_TOLERANCE}", value["tol"])
        return Near(share, tolerance)

    def _range(self, value: list[Any], metric: Metric) -> Within:
        if len(value) != 2:
            raise Unfit("a range has two ends: [low, high]", value)
        low, high = (self._number(end, metric) for end in value)
        if metric is Metric.PROPORTION:
            _share(low, value), _share(high, value)
        if low > high:
            raise Unfit("the range is upside down: [low, high]", value)
        return Within(low, high)

    def _count(self, value: Any) -> Exactly:
        number = self._number(value, Metric.COUNT)
        if number < 0 or number != int(number):
            raise Unfit("expected a whole number", value)
        return Exactly(int(number))

    def _number(self, value: Any, metric: Metric) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        if not isinstance(value, str):
            raise Unfit(f"expected {FORMS[metric]}", value)
        try:
            return compute(value, self.reading.parameters)
        except NotComputable as error:
            raise Unfit(str(error), value) from None


def _share(number: float, got: Any) -> float:
    if not 0 <= number <= 1:
        percent = f"; write {number / 100:g} for {number:g} %" if 1 < number <= 100 else ""
        raise Unfit(f"a proportion is from 0 to 1{percent}", got if number == got else number)
    return number


def _category(value: Any, known: tuple[str, ...]) -> OneOf:
    words = value if isinstance(value, list) else [value]
    if not words or not all(isinstance(word, str) and word for word in words):
        raise Unfit(f"expected {FORMS[Metric.CATEGORY]}" + (f" out of {', '.join(known)}" if known else ""), value)
    for word in words:
        if known and word not in known:
            raise Unfit(f"{word[:60]} is not one of its words{did_you_mean(word, known)}")
    return OneOf(tuple(dict.fromkeys(words)))

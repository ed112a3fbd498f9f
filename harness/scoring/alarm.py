"""Does the tool say that something is wrong: more than it says in the healthy phase of the same lab?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.scoring.reading import Readings, Value
from droplab.harness.scoring.tool import Tool
from droplab.harness.verdict.proportion import at_least, rises

ERROR = 1e-3
"""The probability that a healthy phase is an alarm by chance, all counts and proportions of the tool together."""
SLOWER, SLOWER_BY_MS = 3.0, 20.0
"""A time is an alarm above three times the healthy one, and 20 ms more. There is no p-value for a single time."""


@dataclass(frozen=True)
class Alarm:
    """A signal that says more than in the healthy phase. ``fresh`` is what it says now and did not then."""

    node: str
    signal: str
    words: str
    fresh: tuple[str, ...] = ()


def alarms(tool: Tool, healthy: Readings, now: Readings, *, error: float = ERROR) -> list[Alarm]:
    """The alarms of a phase against a healthy phase of the same lab with the same traffic."""
    share = error / max(len(now), 1)
    order = {signal.name: index for index, signal in enumerate(tool.signals)}
    found = [
        Alarm(node, signal, words, fresh)
        for (node, signal), value in sorted(now.items(), key=lambda item: (order[item[0][1]], item[0][0]))
        for words, fresh in _more(healthy.get((node, signal)), value, share)
    ]
    silent = {signal.name for signal in tool.signals if not signal.alarms}
    return found if any(alarm.signal not in silent for alarm in found) else []


def _more(was: Value | None, now: Value, error: float) -> Iterable[tuple[str, tuple[str, ...]]]:
    if isinstance(now, frozenset):
        known = was if isinstance(was, frozenset) else frozenset()
        fresh = tuple(sorted(now - known))
        return [(f"new: {', '.join(fresh)}", fresh)] if fresh else []
    if isinstance(now, Proportion):
        known_loss = was if isinstance(was, Proportion) else Proportion(0, now.n)
        words = f"{now.k} of {now.n} lost, {known_loss.k} of {known_loss.n} when healthy"
        return [(words, ())] if now.n and rises(known_loss, now, error) else []
    number = was if isinstance(was, int | float) else 0
    if isinstance(now, int):
        return [(f"{now}, {number} when healthy", ())] if above(int(number), now, error) else []
    slower = now > max(SLOWER * number, number + SLOWER_BY_MS)
    return [(f"{now:.1f} ms, {number:.1f} ms when healthy", ())] if slower and was is not None else []


def above(healthy: int, now: int, error: float) -> bool:
    """Whether ``now`` events are more than ``healthy`` ones of as much traffic, wrongly with at most ``error``.

    The conditional test of two Poisson counts (Przyborowski and Wilenski 1940): given their sum, each event falls on
    either side with probability 1/2 when nothing has changed.
    """
    return at_least(now, healthy + now, 0.5) <= error


def named(tool: Tool, found: Iterable[Alarm]) -> frozenset[str]:
    """The kinds that the tool's words mean: those of the first meaning that fits; empty when it names none."""
    raised = list(found)
    for meaning in tool.meanings:
        for alarm in raised:
            texts = alarm.fresh or ("",)
            if alarm.signal == meaning.signal and (
                meaning.shows is None or any(meaning.shows.search(text) for text in texts)
            ):
                return frozenset(meaning.kinds)
    return frozenset()

"""One trial: a fresh lab, two healthy looks, a proven fault, a third look; what each tool said about it.

The second look is the control: a tool that raises an alarm there has not noticed anything afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any, Literal

from droplab.harness.definition.lab import FaultUse
from droplab.harness.errors import CommandFailed, Ineffective, MachineLacks, NodeLost, UsageError
from droplab.harness.scoring.alarm import ERROR, above, alarms, named
from droplab.harness.scoring.bench import Bench, with_trigger
from droplab.harness.scoring.cases import SEVERITIES, Case
from droplab.harness.scoring.drops import drops_or_nothing
from droplab.harness.scoring.opening import open_bench, wanted_lab
from droplab.harness.scoring.running import NotReady, lacking
from droplab.harness.scoring.stage import Stage
from droplab.harness.scoring.tool import Tool
from droplab.harness.scoring.watching import Seen, watch

State = Literal["counted", "ineffective", "lacks"]
MANY = "many"
"""The bench lab's probe that proves what loses little."""


@dataclass(frozen=True)
class Outcome:
    """What one tool said in one trial. Only ``counted`` ones are in the rates.

    ``false_alarm``: in a healthy phase. ``noticed``: an alarm with the fault in, and none in the control before it.
    ``named`` are the kinds that its words mean; empty when it names none. ``why`` says what it said, or why the trial
    does not count.
    """

    tool: str
    case: str
    kind: str | None
    repeat: int
    seed: int
    state: State
    real: bool = False
    controls: int = 0
    false_alarms: int = 0
    noticed: bool = False
    named: tuple[str, ...] = ()
    after_s: float = 0.0
    why: str = ""
    drops: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """The true kind is among those that it named."""
        return self.noticed and self.kind in self.named

    @property
    def wrong(self) -> bool:
        """It named something, and not what is true."""
        return bool(self.named) and self.kind not in self.named

    def to_json(self) -> dict[str, Any]:
        """One line of the results file."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Outcome:
        """The inverse of ``to_json``. Raises TypeError for a line of another version."""
        return cls(**{**record, "named": tuple(record["named"]), "drops": tuple(record["drops"])})


def run_trial(case: Case, tools: Sequence[Tool], repeat: int, seed: int, runtime: str = "netns") -> list[Outcome]:
    """Try every tool on one case in one fresh lab. Raises MachineLacks when no lab can be had, Residue."""
    able = [tool for tool in tools if not lacking(tool)]
    found = [_not_counted(tool, case, repeat, seed, "lacks", lacking(tool) or "") for tool in tools if tool not in able]
    if not able:
        return found
    try:
        return found + _tried(case, able, repeat, seed, runtime)
    except NotReady as error:
        (failed,) = (tool for tool in able if tool.name == error.tool)
        others = [tool for tool in tools if tool is not failed]
        alone = _not_counted(failed, case, repeat, seed, "lacks", str(error))
        return [*run_trial(case, others, repeat, seed, runtime), alone]


def _tried(case: Case, able: Sequence[Tool], repeat: int, seed: int, runtime: str) -> list[Outcome]:
    with open_bench(wanted_lab(None, seed, {}), runtime) as bench:
        try:
            seen, drops = _phases(bench, case, able)
        except (Ineffective, UsageError, CommandFailed, NodeLost) as error:  # nothing to hold a tool's words against
            return [_not_counted(tool, case, repeat, seed, "ineffective", str(error)) for tool in able]
        except NotReady:
            raise
        except MachineLacks as error:
            return [_not_counted(tool, case, repeat, seed, "lacks", str(error)) for tool in able]
    return [_judged(tool, case, repeat, seed, [phase[tool.name] for phase in seen], drops) for tool in able]


def _not_counted(tool: Tool, case: Case, repeat: int, seed: int, state: State, why: str) -> Outcome:
    return Outcome(tool.name, case.id, case.kind, repeat, seed, state, case.real, why=why)


def _phases(bench: Bench, case: Case, tools: Sequence[Tool]) -> tuple[list[dict[str, Seen]], tuple[str, ...]]:
    """The reference, the control, and the broken phase; a healthy case has a second control instead."""
    use = _use(bench, case) if case.kind else None
    stage = Stage.of(bench, use)
    phases, counted = [], []
    for number in range(3):
        if number == 2 and use:
            bench.break_with(use)
        bench.session.settle()
        with ExitStack() as stack:
            drops = drops_or_nothing(stack)
            phases.append(watch(tools, stage, bench.catalogue))
            counted.append(drops.counts() if drops else {})
    return phases, _more_drops(counted[1], counted[2])


def _more_drops(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[str, ...]:
    more = [reason for reason, count in after.items() if above(before.get(reason, 0), count, ERROR)]
    return tuple(f"{reason} {after[reason]}, {before.get(reason, 0)} when healthy" for reason in sorted(more))


def _use(bench: Bench, case: Case) -> FaultUse:
    use = bench.use(case.node, str(case.kind), case.parameters)
    mild = case.severity is not None and case.severity[1] != SEVERITIES[case.severity[0]][0]
    by_loss = use.fault.signature().symptom == "rises" and use.fault.memoryless() and case.victim == "server"
    many = mild and by_loss and case.severity is not None and case.severity[0] == "probability"
    return with_trigger(use, MANY) if many else use


def _judged(tool: Tool, case: Case, repeat: int, seed: int, seen: Sequence[Seen], drops: tuple[str, ...]) -> Outcome:
    reference, control, last = seen
    healthy = alarms(tool, reference.readings, control.readings)
    now = alarms(tool, reference.readings, last.readings)
    controls = 1 if case.kind else 2
    false = [healthy] if case.kind else [healthy, now]
    told = now or healthy
    return Outcome(
        tool=tool.name,
        case=case.id,
        kind=case.kind,
        repeat=repeat,
        seed=seed,
        state="counted",
        real=case.real,
        controls=controls,
        false_alarms=sum(bool(each) for each in false),
        noticed=bool(now) and not healthy and case.kind is not None,
        named=tuple(sorted(named(tool, now))),
        after_s=round(last.after_s, 3),
        why="; ".join(f"{alarm.node} {alarm.signal}: {alarm.words}" for alarm in told[:4]),
        drops=drops,
    )

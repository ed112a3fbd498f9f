"""``droplab score``: for those who write or choose diagnostic tools."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from droplab.harness.cli.common import need_root, print_json, say, sweep_first
from droplab.harness.errors import UsageError

if TYPE_CHECKING:
    from droplab.harness.scoring.baseline import Change
    from droplab.harness.scoring.cases import Case
    from droplab.harness.scoring.rates import Score
    from droplab.harness.scoring.scoring import Scoring
    from droplab.harness.scoring.tool import Tool
    from droplab.harness.scoring.trial import Outcome

EXAMPLES = """\b
Examples:
  droplab score my-tool.yaml
  droplab score tools/ --case mtu --case healthy --repeat 20 --jobs 2
  droplab score my-tool.yaml --baseline my-tool.baseline.yaml
  droplab score my-tool.yaml --baseline my-tool.baseline.yaml --update"""


@dataclass(frozen=True)
class Order:
    """What was asked for."""

    words: tuple[str, ...]
    case: tuple[str, ...]
    quick: bool
    repeat: int
    jobs: int
    seed: int
    runtime: str
    out: Path
    resume: bool

    def again(self) -> str:
        """The command that repeats it."""
        cases = [word for name in self.case for word in ("--case", name)]
        argv = ["droplab", "score", *self.words, *cases, *(["--quick"] if self.quick else [])]
        return shlex.join([*argv, "--repeat", str(self.repeat), "--seed", str(self.seed)])


@click.command("score", epilog=EXAMPLES)
@click.argument("tools", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--case", multiple=True, help="Only this case, or all cases of this kind; repeat for more.")
@click.option("--quick", is_flag=True, help="One severity of each fault, no look-alikes.")
@click.option("--repeat", type=click.IntRange(1, 1000), default=1, show_default=True, help="How often each case.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="How many labs at once.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Ports and sequence numbers.")
@click.option("--runtime", type=click.Choice(["netns", "docker"]), default="netns", show_default=True)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("reports/score"), show_default=True
)
@click.option("--resume", is_flag=True, help="Go on where a run into the same folder ended.")
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), help="Compare with this file.")
@click.option("--update", is_flag=True, help="Rewrite the baseline's lines of the cases that were tried.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, and nothing else.")
def score_command(
    tools: tuple[Path, ...],
    case: tuple[str, ...],
    quick: bool,
    repeat: int,
    jobs: int,
    seed: int,
    runtime: str,
    out: Path,
    resume: bool,
    baseline: Path | None,
    update: bool,
    as_json: bool,
) -> int:
    """Try TOOLS (definitions, or folders of them) on every fault, its severities and look-alikes, and on healthy labs.

    Four rates with exact intervals: noticed, named right, named wrong, false alarm. With --baseline, exit status 1
    when a case is worse by an exact test or gone.
    """
    if update and baseline is None:
        raise click.UsageError("--update rewrites the baseline: give --baseline FILE too")
    if baseline and not update and not baseline.exists():
        raise UsageError(f"{baseline}: no such file; --update writes the first version")
    order = Order(tuple(map(str, tools)), case, quick, repeat, jobs, seed, runtime, out, resume)
    found_tools, cases = _what(tools, order)
    from droplab.harness.engine.signals import interruptible

    need_root("droplab score")
    sweep_first()
    began = time.monotonic()
    with interruptible(lambda: say("the trials that are under way are torn down first")):
        outcomes = _perform(found_tools, cases, order)
    scores = _scores(found_tools, cases, outcomes)
    changes = _compared(scores, baseline)
    _finish(_scoring(scores, changes, order, time.monotonic() - began), out, as_json=as_json)
    if baseline and update:
        _update(scores, baseline, seed)
    return 1 if any(change.fails for change in changes) and not update else 0


def _what(tools: Iterable[Path], order: Order) -> tuple[list[Tool], list[Case]]:
    from droplab.harness.definition.catalogue import Catalogue
    from droplab.harness.scoring import cases
    from droplab.harness.scoring.tool_loader import load_tools, tool_files

    every = cases.cases(Catalogue(), lookalikes=not order.quick)
    wanted = cases.chosen(every, order.case)
    return load_tools(tool_files(list(tools))), cases.severest(wanted) if order.quick else wanted


def _perform(tools: Sequence[Tool], cases: Sequence[Case], order: Order) -> list[Outcome]:
    from droplab.harness.scoring import schedule
    from droplab.harness.scoring.results import Results

    results = Results(order.out, tools, order.seed)
    if not order.resume:
        results.begin()
    outcomes = [outcome for outcome in results.read() if outcome.repeat <= order.repeat]
    trials = schedule.pending(tools, cases, order.repeat, outcomes)
    began = time.monotonic()
    for number, found in enumerate(schedule.run(trials, order.seed, order.runtime, order.jobs), 1):
        results.add(found)
        outcomes += found
        left_s = (time.monotonic() - began) / number * (len(trials) - number)
        say(f"{number}/{len(trials)}  {found[0].case if found else ''}  about {left_s / 60:.0f} min left")
    return outcomes


def _scores(tools: Sequence[Tool], cases: Sequence[Case], outcomes: Sequence[Outcome]) -> list[Score]:
    from droplab.harness.scoring.rates import scores
    from droplab.harness.scoring.running import version

    return scores(tools, cases, outcomes, {tool.name: version(tool) for tool in tools})


def _compared(scores: Sequence[Score], file: Path | None) -> list[Change]:
    from droplab.harness.scoring import baseline

    if file is None or not file.exists():
        return []
    tried = {score.tool for score in scores}
    before = {key: counts for key, counts in baseline.load(file).items() if key.partition(":")[0] in tried}
    return baseline.compare(before, baseline.lines(scores))


def _scoring(scores: Sequence[Score], changes: Sequence[Change], order: Order, duration_s: float) -> Scoring:
    from droplab.harness.engine.environment import facts
    from droplab.harness.scoring.scoring import Scoring

    return Scoring(tuple(scores), tuple(changes), order.seed, order.runtime, facts({}), duration_s, order.again())


def _finish(found: Scoring, out: Path, *, as_json: bool) -> None:
    from droplab.harness.render import score_files

    files = score_files.write(found, out)
    if as_json:
        print_json(found.to_json())
        return
    from droplab.harness.render.score_console import print_scoring

    print_scoring(found)
    say("written: " + " ".join(map(str, files)))


def _update(scores: Sequence[Score], file: Path, seed: int) -> None:
    import platform

    from droplab.harness.render.score_files import replace_text
    from droplab.harness.scoring import baseline

    before = baseline.load(file) if file.exists() else {}
    made = {"kernel": platform.release(), "seed": str(seed)}
    replace_text(file, baseline.text({**before, **baseline.lines(scores)}, made))
    say(f"written: {file}; review its lines")

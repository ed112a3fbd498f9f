"""``many-labs``: the figures and the plot."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .ground import ground
from .many_labs import Outcome, crowd_of, first_limit, limits

WINDOW = 10
FLAT = 2.0
"""Flat: the last tenth of the labs costs at most so many times what the first tenth costs."""
ROOM = 100


def report(*, number: int, on_docker: int, plot: Path | None) -> int:
    """Print what so many labs cost; 1 when a lab was sick, or when the cost grew."""
    with ground("netns"):
        crowd = crowd_of(number, "netns")
        stood, refused = first_limit(ROOM)
    console = Console(width=120)
    console.print(_table(crowd, number))
    for what, most in limits(crowd):
        console.print(f"  limit: {what}: {most} labs", highlight=False)
    console.print(
        f"  with room for {ROOM} more open files {stood} more labs stand; the next: {refused}", highlight=False
    )
    wrong = [*crowd.wrong, *_grown("start", [cost.start_s for cost in crowd.costs]), *_grown("stop", crowd.stops_s)]
    if on_docker:
        with ground("docker"):
            more = crowd_of(on_docker, "docker")
        console.print(_table(more, on_docker, "docker"))
        wrong += more.wrong
    if plot:
        draw(crowd, plot)
    for line in wrong:
        console.print(f"  wrong: {line}", highlight=False)
    return 1 if wrong else 0


def _table(crowd: Outcome, number: int, runtime: str = "netns") -> Table:
    table = Table(f"{number} labs on {runtime}", "first tenth", "last tenth", "all")
    starts = [cost.start_s * 1e3 for cost in crowd.costs]
    stops = [stop * 1e3 for stop in crowd.stops_s]
    for what, values in (("start, ms (median)", starts), ("stop, ms (median)", stops)):
        table.add_row(what, *(f"{value:.0f}" for value in (*_tenths(values), statistics.median(values))))
    memory = [cost.memory_mib for cost in crowd.costs]
    table.add_row("memory of the machine per lab, MiB", "", "", f"{memory[-1]:.1f}")
    table.add_row("open files of the harness per lab", "", "", f"{crowd.descriptors:.1f}")
    return table


def _tenths(values: Sequence[float]) -> tuple[float, float]:
    tenth = max(3, len(values) // 10)
    return statistics.median(values[:tenth]), statistics.median(values[-tenth:])


def _grown(what: str, values: Sequence[float]) -> list[str]:
    first, last = _tenths(values)
    return [f"{what}: {first * 1e3:.0f} ms at first, {last * 1e3:.0f} ms at last"] if last > FLAT * first else []


def draw(crowd: Outcome, path: Path) -> None:
    """The cost of each lab against how many stood, as an SVG that is the same for the same figures."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "droplab"
    from matplotlib import pyplot

    figure, (times, memory) = pyplot.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
    numbers = [cost.number for cost in crowd.costs]
    for values, label in (([cost.start_s for cost in crowd.costs], "start"), (crowd.stops_s, "stop")):
        times.plot(numbers, [value * 1e3 for value in values], ".", markersize=3, label=label)
    times.set(xlabel="labs at once", ylabel="ms for one more lab", ylim=(0, None))
    times.legend()
    memory.plot(numbers[WINDOW:], [cost.memory_mib for cost in crowd.costs][WINDOW:])
    memory.set(xlabel="labs at once", ylabel="MiB per lab", ylim=(0, None))
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)

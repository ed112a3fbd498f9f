"""Plots of a run as inline SVG: loss with its interval, and round-trip times, a row for each phase.

Colours are CSS variables of the page that holds them (``--ink``, ``--faint``, ``--series-1`` ...), so that one SVG
serves a light and a dark page; ids carry the plot's name, so that several fit into one page.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from textwrap import shorten
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from droplab.harness.engine.report import Report
from droplab.harness.render.series import Loss, Times, losses, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that matplotlib writes and no page keeps: each is replaced by the variable.
VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "#010101": "var(--ink)",
        "#020202": "var(--faint)",
        "#030303": "var(--paper)",
        "#040401": "var(--series-1)",
        "#040402": "var(--series-2)",
        "#040403": "var(--series-3)",
        "#040404": "var(--series-4)",
        "#040405": "var(--series-5)",
    }
)
INK, FAINT, PAPER, *SERIES = VARIABLES
MARKERS = "osD^v"
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "svg.fonttype": "none",
        "font.size": 9,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": FAINT,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "grid.color": FAINT,
        "grid.linewidth": 0.5,
        "axes.axisbelow": True,
        "text.parse_math": False,
    }
)
WIDTH_INCH = 8.6


Plot = Callable[[Report], str]


def _settings(plot: str) -> Any:
    """For matplotlib; ids that depend on the plot alone, so that a page can be compared with another."""
    return {**SETTINGS, "svg.hashsalt": plot}


def loss_plot(report: Report) -> str:
    """Loss with its interval, per phase and probe; empty when nothing was counted."""
    found = losses(report)
    if not found:
        return ""
    import matplotlib

    with matplotlib.rc_context(_settings("loss")):
        figure, axes, rows = _rows(report, [(item.phase, item.series) for item in found])
        series = list(dict.fromkeys(item.series for item in found))
        for item in found:
            _draw_loss(axes, item, rows[item.phase, item.series], series.index(item.series))
        axes.set_xlim(-2, 102)
        axes.set_xticks(range(0, 101, 10))
        axes.set_xlabel("lost, per cent")
        _legend(axes, series)
        return _svg(figure, "loss")


def _draw_loss(axes: Axes, item: Loss, y: float, series: int) -> None:
    colour, low, high = SERIES[series % len(SERIES)], 100 * item.interval[0], 100 * item.interval[1]
    at = 100 * item.seen.estimate
    axes.hlines(y, low, high, color=colour, linewidth=5, alpha=0.35)
    axes.plot([at], [y], MARKERS[series % len(MARKERS)], color=colour, markersize=5.5, clip_on=False)
    words = f"{item.seen.k} of {item.seen.n}: {low:.3g} to {high:.3g} %"
    left = at > 70
    x = min(low, at) - 1.5 if left else max(high, at) + 1.5
    axes.text(x, y, words, ha="right" if left else "left", va="center", fontsize=8)


def rtt_plot(report: Report) -> str:
    """Round-trip times of the answered probes, per phase; empty when no probe measured any."""
    found = [item for item in times(report) if item.quantiles]
    if not found:
        return ""
    import matplotlib

    with matplotlib.rc_context(_settings("rtt")):
        figure, axes, rows = _rows(report, [(item.phase, item.series) for item in found])
        series = list(dict.fromkeys(item.series for item in found))
        axes.set_xscale("log")
        for item in found:
            _draw_times(axes, item, rows[item.phase, item.series], series.index(item.series))
        _time_axis(axes, found)
        _legend(axes, series)
        return _svg(figure, "rtt")


def _draw_times(axes: Axes, item: Times, y: float, series: int) -> None:
    colour, quantiles = SERIES[series % len(SERIES)], item.quantiles
    jitter = [y + 0.3 * ((number * 0.618) % 1 - 0.5) for number in range(len(item.sample))]
    axes.plot(item.sample, jitter, ".", color=colour, markersize=3, alpha=0.35, markeredgewidth=0)
    axes.hlines(y, min(quantiles.values()), max(quantiles.values()), color=colour, linewidth=1)
    if 0.25 in quantiles and 0.75 in quantiles:
        axes.hlines(y, quantiles[0.25], quantiles[0.75], color=colour, linewidth=6, alpha=0.5)
    if 0.5 in quantiles:
        axes.plot([quantiles[0.5]], [y], MARKERS[series % len(MARKERS)], color=colour, markersize=5.5)
        slowest = max(*quantiles.values(), *item.sample)
        axes.text(slowest * 1.1, y, f"median {_seconds(quantiles[0.5])}", ha="left", va="center", fontsize=8)


def _time_axis(axes: Axes, found: Sequence[Times]) -> None:
    """At least one decade, so that an axis of noise does not look like a difference."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    every = [seconds for item in found for seconds in (*item.quantiles.values(), *item.sample)]
    low, high = min(every) / 1.3, max(every) * 3  # to the right of the slowest stands the median
    widen = max((10 * low / high) ** 0.5, 1.0)
    axes.set_xlim(low / widen, high * widen)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: _seconds(seconds)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(
        "round-trip time of answered probes (points: a sample; bar: the middle half; line: fastest to slowest)"
    )


def _seconds(seconds: float) -> str:
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


Rows = Mapping[tuple[int, str], float]


def _rows(report: Report, used: Sequence[tuple[int, str]]) -> tuple[Figure, Axes, Rows]:
    """A figure with a row for each (phase, series), phases from top to bottom with their names on the left."""
    from matplotlib.figure import Figure

    rows: dict[tuple[int, str], float] = {}
    ticks: list[tuple[float, str]] = []
    y = 0.0
    for number in dict.fromkeys(phase for phase, _ in used):
        of_phase = [key for key in dict.fromkeys(used) if key[0] == number]
        rows |= {key: y + 0.42 * position for position, key in enumerate(of_phase)}
        ticks.append((y + 0.21 * (len(of_phase) - 1), shorten(report.phases[number].name, 34, placeholder="…")))
        y += 0.42 * len(of_phase) + 0.3
    figure = Figure(figsize=(WIDTH_INCH, 0.9 + 0.58 * y), layout="constrained")
    axes = figure.add_subplot()
    axes.set_ylim(y - 0.3, -0.45)
    axes.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", alpha=0.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.patch.set_alpha(0)
    axes.patch.set_alpha(0)
    return figure, axes, rows


def _legend(axes: Axes, series: Sequence[str]) -> None:
    if len(series) < 2:
        return
    for number, name in enumerate(series):
        axes.plot([], [], MARKERS[number % len(MARKERS)], color=SERIES[number % len(SERIES)], label=name)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=5, frameon=False, borderaxespad=0, handletextpad=0.2)


def _svg(figure: Figure, name: str) -> str:
    """The figure as an <svg> element that may stand in any page, with the page's colours and fonts."""
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'href="#|url\(#', lambda found: f"{found[0]}{name}-", svg)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*?sans-serif", "var(--sans)", svg)
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" class="plot" role="img">', svg, count=1)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, variable)
    return svg

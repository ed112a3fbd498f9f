"""The plots: what they draw, and that they fit into any page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from droplab.harness.contracts.measurement import Measurement, Proportion
from droplab.harness.engine.report import Phase
from droplab.harness.render import plots, series
from tests.unit.render import samples


def test_a_proportion_takes_the_interval_of_its_check_or_an_exact_one() -> None:
    found = {(loss.phase, loss.series): loss for loss in series.losses(samples.passing())}
    assert found[1, "syn"].interval == (0.487, 0.537)
    phase = Phase("x", measurements={"syn": Measurement({"loss": Proportion(0, 2600)})})
    (loss,) = series.losses(replace(samples.passing(), phases=(phase,)))
    assert loss.interval[0] == 0
    assert 0.005 < loss.interval[1] < 0.006


def test_every_measured_phase_has_times() -> None:
    found = series.times(samples.passing())
    assert [times.phase for times in found] == [0, 1, 2, 4]
    assert list(found[0].quantiles) == [0, 0.25, 0.5, 0.75, 0.95, 0.99, 1]
    assert len(found[0].sample) == 500


@pytest.mark.parametrize("draw", [plots.loss_plot, plots.rtt_plot])
def test_a_plot_is_one_svg_in_the_colours_of_its_page(draw: plots.Plot) -> None:
    svg = draw(samples.passing())
    assert svg.startswith("<svg ")
    assert svg.count("<svg") == 1
    assert "var(--ink)" in svg
    assert "var(--series-1)" in svg
    assert not re.search(r"#0[1-4]0[1-4]0", svg)
    assert "<style" not in svg
    assert "<metadata" not in svg
    assert "Delete the two DROP rules" in svg  # text stays text


def test_the_same_report_gives_the_same_plot() -> None:
    assert plots.loss_plot(samples.passing()) == plots.loss_plot(samples.passing())


def test_names_with_markup_and_mathematics_stay_text() -> None:
    phase = Phase("<b>$x_1$ & $", measurements={"a$b_c$<": Measurement({"loss": Proportion(1, 2)})})
    other = Phase("two", measurements={"$": Measurement({"loss": Proportion(2, 2), "answered": Proportion(0, 2)})})
    svg = plots.loss_plot(replace(samples.passing(), phases=(phase, other)))
    assert "&lt;b&gt;$x_1$ &amp; $" in svg
    assert "a$b_c$&lt;" in svg
    assert "<b>" not in svg


def test_nothing_measured_is_no_plot() -> None:
    empty = replace(
        samples.passing(), phases=(Phase("healthy", measurements={"syn": Measurement({"loss": Proportion(0, 0)})}),)
    )
    assert plots.loss_plot(empty) == ""
    assert plots.rtt_plot(empty) == ""


def test_a_single_time_and_a_time_of_zero() -> None:
    details = {"rtt_s": {"min": 0.0, "p50": 1e-5, "max": 1e-5}, "rtt_sample_s": [0.0, 1e-5]}
    phase = Phase("x", measurements={"syn": Measurement({}, details)})
    assert "median 10 µs" in plots.rtt_plot(replace(samples.passing(), phases=(phase,)))

from __future__ import annotations

from pathlib import Path

import pytest

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.errors import DefinitionError
from droplab.harness.scoring import baseline


def counts(**metrics: tuple[int, int]) -> dict[str, Proportion]:
    return {name: Proportion(*value) for name, value in metrics.items()}


ALWAYS = counts(noticed=(20, 20), named=(20, 20), false_alarm=(0, 20))


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (ALWAYS, "same"),
        (counts(noticed=(40, 40), named=(40, 40), false_alarm=(0, 40)), "same"),
        (counts(noticed=(5, 20), named=(5, 20), false_alarm=(0, 20)), "worse"),
        (counts(noticed=(20, 20), named=(4, 20), false_alarm=(0, 20)), "worse"),
        (counts(noticed=(20, 20), named=(20, 20), false_alarm=(16, 20)), "worse"),
        (counts(noticed=(17, 20), named=(20, 20), false_alarm=(0, 20)), "cannot tell"),
    ],
)
def test_verdicts(now: dict[str, Proportion], verdict: str) -> None:
    (change,) = baseline.compare({"t: c": ALWAYS}, {"t: c": now})
    assert change.verdict == verdict
    assert change.fails == (verdict == "worse")


def test_better_new_and_gone() -> None:
    before = {"t: a": counts(noticed=(2, 20)), "t: lost": ALWAYS}
    now = {"t: a": counts(noticed=(20, 20)), "t: fresh": ALWAYS}
    found = {change.key: (change.verdict, change.fails) for change in baseline.compare(before, now)}
    assert found == {"t: a": ("better", False), "t: fresh": ("new", False), "t: lost": ("gone", True)}


def test_cannot_tell_says_how_many_runs_it_would_take() -> None:
    (change,) = baseline.compare({"t: c": counts(noticed=(3, 3))}, {"t: c": counts(noticed=(1, 3))})
    assert change.verdict == "cannot tell"
    assert change.words.startswith("noticed 3/3 → 1/3; noticed would take ")


def test_alpha_is_shared_over_the_cases() -> None:
    before = {f"t: {number}": counts(noticed=(10, 10)) for number in range(50)}
    one = {"t: 0": counts(noticed=(2, 10))}
    assert [change.verdict for change in baseline.compare({"t: 0": before["t: 0"]}, one)] == ["worse"]
    verdicts = {change.verdict for change in baseline.compare(before, {**before, **one})}
    assert verdicts == {"same", "cannot tell"}


def test_written_lines_are_read_again(tmp_path: Path) -> None:
    lines = {"ping: mtu mtu=100": counts(noticed=(3, 5)), "ping: healthy": counts(false_alarm=(0, 10))}
    file = tmp_path / "ping.baseline.yaml"
    file.write_text(baseline.text(lines, {"kernel": "6.18", "seed": "0"}))
    assert '"ping: mtu mtu=100": {noticed: 3/5}' in file.read_text().splitlines()
    assert baseline.load(file) == lines


def test_a_spoilt_line_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    file.write_text('made: {kernel: "6"}\n"ping: mtu": {noticed: many}\n')
    with pytest.raises(DefinitionError, match=r"b\.yaml:2:\d+: ping: mtu: expected counts such as noticed: 5/5"):
        baseline.load(file)

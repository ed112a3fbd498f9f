from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.scoring.alarm import above, alarms, named
from droplab.harness.scoring.reading import Readings, difference, flat, read_output
from droplab.harness.scoring.tool import Tool
from droplab.harness.scoring.tool_loader import load_tool

YAML = """\
tool: mine
run: [mine]
read:
  as: {form}
  signals:
    it: {signal}
names:
  - {{signal: it, shows: 'DROP', means: iptables_drop}}
  - {{signal: it, means: [mtu, link_down]}}
"""


@pytest.fixture
def make(tmp_path: Path) -> Any:
    def made(signal: str, form: str = "lines") -> Tool:
        file = tmp_path / "mine.yaml"
        file.write_text(YAML.format(signal=signal, form=form))
        return load_tool(file)

    return made


@pytest.mark.parametrize(
    ("signal", "output", "value"),
    [
        (r"{lost: '(?P<sent>\d+) sent, (?P<received>\d+) got'}", "9 sent, 9 got\n10 sent, 7 got", Proportion(3, 10)),
        (r"{lost: '(?P<percent>[\d.]+)% of (?P<sent>\d+)'}", "12.5% of 80", Proportion(10, 80)),
        (r"{lines: '^drop'}", "drop a\nno drop\ndrop b", 2),
        (r"{sum: 'drop (\d+)'}", "drop 3, drop 4", 7),
        (r"{words: 'mtu (\d+)'}", "mtu 100 mtu 1500 mtu 100", frozenset({"100", "1500"})),
        (r"{words: '^(\w+) .* (\w+)$'}", "eth0 1 2 3 BM", frozenset({"eth0 BM"})),
        (r"{time_ms: 'time=([\d.]+)'}", "time=1.5 time=20", 20.0),
        (r"{time_s: 'time=([\d.]+)'}", "time=1.5", 1500.0),
        (r"{exit: true}", "", frozenset({"3"})),
        (r"{unanswered: '^Q', answer: '^A'}", "Q\nQ\nA\nQ", Proportion(2, 3)),
    ],
)
def test_signals(make: Any, signal: str, output: str, value: object) -> None:
    assert read_output(make(signal), "client", output, 3) == {("client", "it"): value}


def test_what_is_not_said_is_left_out(make: Any) -> None:
    assert read_output(make(r"{time_ms: 'time=([\d.]+)'}"), "client", "no answer", 1) == {}


def test_json_is_read_as_lines() -> None:
    assert list(flat('{"a": [{"b": 1.5}, {"b": "x"}]}', "json")) == ["a.0.b=1.5", "a.1.b=x"]
    assert list(flat('{"hubs": []}', "json")) == ["hubs=[]"]
    assert list(flat('{"a": 1}\n{"a": 2}', "jsonl")) == ["a=1", "a=2"]
    assert list(flat("mine: not permitted", "json")) == ["mine: not permitted"]


def test_difference() -> None:
    key, words = ("n", "drops"), ("n", "mtu")
    before: Readings = {key: 5, words: frozenset({"1500"})}
    assert difference(before, {key: 8, words: frozenset({"100"})}) == {key: 3, words: frozenset({"100"})}
    assert difference(before, {key: 2})[key] == 2


NODE = ("client", "it")


@pytest.mark.parametrize(
    ("signal", "healthy", "now", "alarm"),
    [
        (r"{sum: '(\d+)'}", 0, 9, False),
        (r"{sum: '(\d+)'}", 0, 10, True),
        (r"{sum: '(\d+)'}", 100, 110, False),
        (r"{words: '\w+'}", frozenset({"a", "b"}), frozenset({"a"}), False),
        (r"{words: '\w+'}", frozenset({"a"}), frozenset({"a", "b"}), True),
        (r"{lost: '(?P<sent>\d+) (?P<received>\d+)'}", Proportion(0, 200), Proportion(3, 200), False),
        (r"{lost: '(?P<sent>\d+) (?P<received>\d+)'}", Proportion(0, 200), Proportion(60, 200), True),
        (r"{time_ms: '([\d.]+)'}", 0.1, 19.0, False),
        (r"{time_ms: '([\d.]+)'}", 10.0, 31.0, True),
    ],
)
def test_alarm_is_relative_to_healthy(make: Any, signal: str, healthy: Any, now: Any, alarm: bool) -> None:
    assert bool(alarms(make(signal), {NODE: healthy}, {NODE: now})) == alarm


def test_above_holds_its_error() -> None:
    assert above(0, 10, 1e-3)
    assert not above(0, 9, 1e-3)
    assert not above(10, 10, 1e-3)


def test_what_only_names_raises_no_alarm(make: Any) -> None:
    tool = make(r"{words: '\w+', alarms: false}")
    assert alarms(tool, {}, {NODE: frozenset({"DROP"})}) == []


def test_named_by_the_first_meaning_that_fits(make: Any) -> None:
    tool = make(r"{words: '\w+'}")
    drop = alarms(tool, {}, {NODE: frozenset({"DROP", "other"})})
    assert named(tool, drop) == {"iptables_drop"}
    assert named(tool, alarms(tool, {}, {NODE: frozenset({"other"})})) == {"mtu", "link_down"}
    assert named(tool, []) == frozenset()

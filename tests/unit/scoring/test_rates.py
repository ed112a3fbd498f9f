from __future__ import annotations

import json
from pathlib import Path

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.scoring.cases import HEALTHY
from droplab.harness.scoring.results import Results
from droplab.harness.scoring.schedule import pending
from droplab.harness.scoring.trial import Outcome
from tests.unit.scoring.samples import outcome, outcomes, score_list, tools


def test_four_rates_of_each_tool() -> None:
    ping, iptables = score_list()
    assert (ping.noticed, ping.right) == (Proportion(3, 4), Proportion(0, 0))
    assert (ping.wrong, ping.false_alarm) == (Proportion(0, 8), Proportion(1, 12))
    assert (iptables.noticed, iptables.right) == (Proportion(4, 4), Proportion(4, 4))


def test_an_ineffective_environment_is_counted_apart_and_never_a_miss() -> None:
    _, iptables = score_list()
    assert iptables.excluded == 1
    assert iptables.noticed == Proportion(4, 4)


def test_smallest_severity_that_is_noticed() -> None:
    assert score_list()[0].smallest() == {"iptables_drop": ("probability", 0.3)}


def test_json_has_counts_and_intervals() -> None:
    document = json.loads(json.dumps(score_list()[0].to_json()))
    assert document["noticed"]["k"] == 3
    low, high = document["noticed"]["interval"]
    assert low < 0.75 < high


def test_naming_what_is_not_true_is_wrong() -> None:
    case = score_list()[0].cases[0].case
    assert outcome("t", case, 1, noticed=True, named=("mtu",)).wrong
    assert not outcome("t", case, 1, noticed=True, named=("mtu", "iptables_drop")).wrong
    assert outcome("t", case, 1, noticed=True, named=("mtu", "iptables_drop")).right
    assert not outcome("t", case, 1, noticed=False, named=("iptables_drop",)).right


def test_results_are_read_again_and_a_torn_line_is_not(tmp_path: Path) -> None:
    results = Results(tmp_path, tools(), 7)
    results.add(outcomes())
    with (tmp_path / "results.jsonl").open("a") as opened:
        opened.write('{"tool": "ping", "ca')
    assert Results(tmp_path, tools(), 7).read() == outcomes()
    assert Results(tmp_path, tools(), 8).read() == []
    results.begin()
    assert results.read() == []


def test_only_what_is_missing_is_run_again() -> None:
    cases = [each.case for each in score_list()[0].cases]
    left = pending(tools(), cases, 5, outcomes())
    assert [(trial.case.id, trial.repeat, [path.stem for path in trial.tools]) for trial in left] == [
        ("iptables_drop probability=0.3", 5, ["ping"]),
        (HEALTHY, 5, ["ping", "iptables"]),
    ]


def test_outcomes_survive_json() -> None:
    for each in outcomes():
        assert Outcome.from_json(json.loads(json.dumps(each.to_json()))) == each

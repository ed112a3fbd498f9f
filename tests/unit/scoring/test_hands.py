from __future__ import annotations

from dataclasses import replace

import pytest

from droplab.harness.scoring.hands import NotAsExpected, Told
from droplab.harness.scoring.trial import Outcome

SAID = Outcome("mine", "mtu mtu=100", "mtu", 1, 1, "counted", real=True, noticed=True, named=("mtu",), why="n mtu: 100")
HEALTHY = Outcome("mine", "healthy", None, 1, 1, "counted", controls=2)


def test_as_expected() -> None:
    Told(SAID).expect(alarm=True, kind="mtu")
    Told(replace(SAID, named=())).expect(alarm=True, kind="mtu")
    Told(HEALTHY).expect(alarm=False, kind=None)


@pytest.mark.parametrize(
    ("outcome", "alarm", "kind", "words"),
    [
        (replace(SAID, noticed=False, named=()), True, None, "expected an alarm, got silence"),
        (SAID, False, None, "expected silence, got an alarm"),
        (SAID, True, "link_down", "expected link_down, it named mtu. It said: n mtu: 100"),
        (replace(HEALTHY, false_alarms=1), False, None, "mine on healthy: expected silence, got an alarm"),
    ],
)
def test_the_failure_says_what_was_said(outcome: Outcome, alarm: bool, kind: str | None, words: str) -> None:
    with pytest.raises(NotAsExpected) as caught:
        Told(outcome).expect(alarm=alarm, kind=kind)
    assert words in str(caught.value)

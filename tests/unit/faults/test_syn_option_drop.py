"""SYNs judged by their options: the commands, and which of the two probes is lost."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.syn_option_drop import SynOptionDrop
from tests.unit.faults.stand_in import plan, typed


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (SynOptionDrop(option="timestamp"), "INPUT -p tcp --syn --tcp-option 8 -j DROP"),
        (SynOptionDrop(option="sack", port=80), "INPUT -p tcp --dport 80 --syn --tcp-option 4 -j DROP"),
        (SynOptionDrop(option="mss", lacking=True), "INPUT -p tcp --syn ! --tcp-option 2 -j DROP"),
    ],
)
def test_the_commands(fault: SynOptionDrop, rule: str) -> None:
    change = plan(fault, {})
    assert typed(change.apply) == [f"iptables -A {rule}"]
    assert typed(change.revert) == [f"iptables -D {rule}"]


@pytest.mark.parametrize(("lacking", "lost", "spared"), [(False, "linux", "hping"), (True, "hping", "linux")])
def test_one_probe_is_lost_and_the_other_is_the_control(lacking: bool, lost: str, spared: str) -> None:
    signature = SynOptionDrop(option="mss", lacking=lacking).signature()
    assert not isinstance(signature.spared, str)
    options = signature.trigger.parameters["options"], signature.spared.parameters["options"]
    assert options == (lost, spared)


@pytest.mark.parametrize("fields", [{}, {"option": "md5"}, {"option": 8}, {"option": "mss", "port": 0}])
def test_nonsense(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SynOptionDrop.model_validate(fields)

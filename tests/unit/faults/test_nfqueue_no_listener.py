"""A rule for a queue on which nobody listens: the commands, and a queue with a listener is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.nfqueue_no_listener import QUEUES, NfqueueNoListener
from droplab.harness.errors import UsageError
from tests.unit.faults.stand_in import plan, typed

SEVEN = "    7   4711     0 2 65531     0     0        0  1\n"


def test_the_commands() -> None:
    change = plan(NfqueueNoListener(queue=7, port=80), {})
    rule = "INPUT -p tcp --dport 80 -j NFQUEUE --queue-num 7"
    assert typed(change.apply) == [f"iptables -A {rule}"]
    assert " ".join(change.present.argv) == f"iptables -C {rule}"
    assert typed(change.revert) == [f"iptables -D {rule}"]


def test_a_queue_with_a_listener_is_refused_and_another_is_not() -> None:
    with pytest.raises(UsageError, match="a program of web listens on queue 7"):
        plan(NfqueueNoListener(queue=7), {}, {QUEUES: SEVEN})
    assert plan(NfqueueNoListener(queue=4711), {}, {QUEUES: SEVEN}).apply


@pytest.mark.parametrize(("field", "value"), [("queue", -1), ("queue", 65536), ("port", 0)])
def test_out_of_bounds(field: str, value: int) -> None:
    with pytest.raises(ValidationError, match=field):
        NfqueueNoListener.model_validate({field: value})

"""A rule that looks into the payload: the commands, and which texts are refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.drop_payload import DropPayload
from tests.unit.faults.stand_in import plan, typed


def test_the_text_is_one_word_of_the_command() -> None:
    change = plan(DropPayload(text="GET /big", port=8080), {})
    (rule,) = change.apply
    assert rule == (
        "iptables", "-A", "INPUT", "-p", "tcp", "--dport", "8080", "-m", "string", "--algo", "bm",
        "--string", "GET /big", "-j", "DROP",
    )  # fmt: skip
    assert typed(change.revert) == [" ".join(rule).replace("-A", "-D")]
    assert change.words()[0].endswith("--string 'GET /big' -j DROP")


def test_a_router_is_probed_through() -> None:
    signature = DropPayload(chain="FORWARD").signature()
    assert (signature.trigger.role, signature.symptom, signature.becomes) == ("through", "changes", ("no_response",))


@pytest.mark.parametrize("text", ["", " GET", "GET ", "x" * 129, "Ü", "a\nb", "a\tb"])
def test_texts_that_the_match_does_not_take_as_they_are(text: str) -> None:
    with pytest.raises(ValidationError, match="text"):
        DropPayload(text=text)


def test_the_longest_text() -> None:
    assert "x" * 128 in plan(DropPayload(text="x" * 128), {}).apply[0]

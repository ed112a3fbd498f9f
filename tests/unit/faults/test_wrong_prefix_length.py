from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.ip.wrong_prefix_length import WrongPrefixLength
from droplab.harness.errors import UsageError

from .answers import Answers, words

SHOW = "ip -o -4 addr show dev eth0"
LINE = r"2: eth0    inet 198.18.60.2/24 {more}scope global eth0\       valid_lft forever preferred_lft forever"


@pytest.mark.parametrize("more", ["", "brd 198.18.60.255 "])
def test_the_wrong_one_is_added_before_the_right_one_goes(more: str) -> None:
    change = WrongPrefixLength().plan(Answers({SHOW: LINE.format(more=more)}))
    assert words(change) == (
        ["ip addr add 198.18.60.2/32 dev eth0", "ip addr del 198.18.60.2/24 dev eth0"],
        [f"ip addr add 198.18.60.2/24 {more}dev eth0", "ip addr del 198.18.60.2/32 dev eth0"],
    )


@pytest.mark.parametrize(
    ("text", "length"), [("", 32), (f"{LINE}\n{LINE}", 32), (LINE.format(more=""), 24), (LINE.format(more=""), 16)]
)
def test_what_would_not_be_wrong_is_refused(text: str, length: int) -> None:
    with pytest.raises(UsageError):
        WrongPrefixLength(length=length).plan(Answers({SHOW: text}))


@pytest.mark.parametrize("parameters", [{"length": 33}, {"length": 8}, {"interface": "eth0 up"}])
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WrongPrefixLength.model_validate(parameters)

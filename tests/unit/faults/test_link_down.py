from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from droplab.faults.link.link_down import LinkDown
from tests.unit.faults.stand_in import plan, typed

NOTHING = {"ip -6 -o addr": "", "ip -4 route": "", "ip -6 route": "", "ip neigh": ""}
UP = "2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP"
NO_CARRIER = "2: eth0@if3: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 state LOWERLAYERDOWN"
DOWN = "2: eth0@if3: <BROADCAST,MULTICAST> mtu 1500 state DOWN"


def test_plan() -> None:
    change = plan(LinkDown(), NOTHING)
    assert typed(change.apply) == ["ip link set dev eth0 down"]
    assert typed(change.revert) == ["ip link set dev eth0 up"]


def test_what_does_not_come_back_by_itself_is_brought_back() -> None:
    shown = {
        "ip -6 -o addr": "2: eth0    inet6 2001:db8::2/64 scope global \\       valid_lft forever",
        "ip -4 route": (
            "default via 198.18.1.1 proto static \n198.18.1.0/24 proto kernel scope link src 198.18.1.2 \n"
            "198.18.9.0/24 via 198.18.1.9 table 7 linkdown \nlocal 198.18.1.2 table local proto kernel scope host \n"
        ),
        "ip -6 route": "multicast ff00::/8 table local proto kernel metric 256 pref medium\n",
        "ip neigh": "198.18.1.3 lladdr 02:00:00:00:00:03 PERMANENT \n",
    }
    assert typed(plan(LinkDown(), shown).revert) == [
        "ip link set dev eth0 up",
        "ip -6 addr replace 2001:db8::2/64 dev eth0 nodad",
        "ip -4 route replace default via 198.18.1.1 proto static dev eth0",
        "ip -4 route replace 198.18.9.0/24 via 198.18.1.9 table 7 dev eth0",
        "ip neigh replace 198.18.1.3 lladdr 02:00:00:00:00:03 dev eth0 nud permanent",
    ]


@pytest.mark.parametrize(("shown", "down"), [(UP, False), (NO_CARRIER, False), (DOWN, True)])
def test_only_a_link_that_somebody_set_down_is_down(shown: str, down: bool) -> None:
    present = plan(LinkDown(), NOTHING).present
    assert present.shows
    assert (re.search(present.shows, shown) is not None) is down


@pytest.mark.parametrize("interface", ["", "eth0; reboot", "x" * 16])
def test_nonsense(interface: str) -> None:
    with pytest.raises(ValidationError):
        LinkDown(interface=interface)

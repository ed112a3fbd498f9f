from __future__ import annotations

import re

import pytest

from droplab.faults.link.isolated_ports import IsolatedPorts
from droplab.harness.errors import UsageError
from tests.unit.faults.stand_in import plan, typed

FLAGS = (
    "    hairpin off guard off root_block off learning on flood on mcast_flood on neigh_suppress off vlan_tunnel off"
)


def shown(**ports: str) -> dict[str, str]:
    """What `bridge -d link show` of iproute2 6.1 prints."""
    lines = (
        f"{number}: {name}_eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br-lan state forwarding\n"
        f"{FLAGS} isolated {word} locked off \n"
        for number, (name, word) in enumerate(ports.items(), 3)
    )
    return {"bridge -d link show": "".join(lines)}


def test_all_ports_by_default() -> None:
    change = plan(IsolatedPorts(), shown(client="off", nginx="off"))
    words = ["bridge link set dev client_eth0 isolated", "bridge link set dev nginx_eth0 isolated"]
    assert typed(change.apply) == [f"{command} on" for command in words]
    assert typed(change.revert) == [f"{command} off" for command in words]


def test_a_port_that_is_isolated_already_stays_so() -> None:
    change = plan(IsolatedPorts(), shown(a="on", b="off", c="off"))
    assert [argv[4] for argv in change.revert] == ["b_eth0", "c_eth0"]


@pytest.mark.parametrize(
    ("now", "there"),
    [
        ({"a": "on", "b": "on"}, True),
        ({"a": "off", "b": "on"}, True),
        ({"a": "off", "b": "off"}, False),
        ({"a": "off", "b": "off", "c": "on"}, False),
    ],
)
def test_it_is_there_while_one_of_its_ports_is_isolated(now: dict[str, str], there: bool) -> None:
    chosen = IsolatedPorts(ports=["a_eth0", "b_eth0"])
    present = plan(chosen, shown(a="off", b="off", c="off")).present
    assert present.shows
    assert (re.search(present.shows, shown(**now)["bridge -d link show"]) is not None) is there


@pytest.mark.parametrize(
    ("ports", "now", "words"),
    [
        (["d_eth0"], {"a": "off", "b": "off"}, "web has no port d_eth0; it has a_eth0, b_eth0"),
        (["a_eth0"], {"a": "off", "b": "off"}, "it takes two ports of web that are not isolated yet"),
        ([], {"a": "on", "b": "off"}, "it takes two ports of web that are not isolated yet"),
        ([], {}, "it takes two ports of web that are not isolated yet"),
    ],
)
def test_what_cannot_be_isolated(ports: list[str], now: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=rf"^isolated_ports: {words}$"):
        plan(IsolatedPorts(ports=ports), shown(**now))

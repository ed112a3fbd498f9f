from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.ip.rp_filter import RpFilter
from droplab.harness.errors import UsageError

from .answers import Answers, Links, words

CONF = "/proc/sys/net/ipv4/conf"


def node(address: str = "198.18.60.2/24", *, second: str = "eth1") -> Answers:
    return Answers(
        files={f"{CONF}/eth0/rp_filter": "2\n", f"{CONF}/all/rp_filter": "0\n"},
        netlink=Links({"lo": 1, "eth0": 2, second: 3}, {address: 2}),
        hosts={"client": "198.18.60.254"},
    )


def test_the_filter_comes_first_and_goes_last() -> None:
    assert words(RpFilter().plan(node())) == (
        [
            "sysctl -qw net.ipv4.conf.eth0.rp_filter=1",
            "ip link add link eth0 name eth9 type macvlan mode bridge",
            "sysctl -qw net.ipv4.conf.eth9.arp_ignore=1",
            "ip addr add 198.18.60.253/24 dev eth9 noprefixroute",
            "ip link set dev eth9 up",
            "ip route add 198.18.60.0/25 dev eth9 src 198.18.60.2",
            "ip route add 198.18.60.128/25 dev eth9 src 198.18.60.2",
        ],
        ["ip link del dev eth9", "sysctl -qw net.ipv4.conf.eth0.rp_filter=2"],
    )


@pytest.mark.parametrize(("interface", "before"), [("eth0", "2"), ("all", "0")])
def test_where_routing_is_asymmetric_already_it_is_one_value(interface: str, before: str) -> None:
    change = RpFilter(interface=interface, second=None).plan(node())
    name = f"net.ipv4.conf.{interface}.rp_filter"
    assert words(change) == ([f"sysctl -qw {name}=1"], [f"sysctl -qw {name}={before}"])


def test_an_interface_of_that_name_is_left_alone() -> None:
    with pytest.raises(UsageError, match="has an interface eth9 already"):
        RpFilter().plan(node(second="eth9"))


def test_a_network_without_room_is_refused() -> None:
    with pytest.raises(UsageError, match="no room"):
        RpFilter().plan(node("198.18.60.2/31"))


@pytest.mark.parametrize(
    "parameters",
    [{"interface": "all"}, {"second": "eth0"}, {"interface": "eth0.7/x"}, {"second": "a-name-too-long-for-it"}],
)
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RpFilter.model_validate(parameters)

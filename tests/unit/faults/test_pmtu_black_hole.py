from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.ip.pmtu_black_hole import PmtuBlackHole
from droplab.harness.errors import UsageError

from .answers import Answers, words

LAN = "198.18.60.0/24 dev eth0 proto kernel scope link src 198.18.60.1"
FAR = "198.18.61.0/24 dev eth1 proto kernel scope link src 198.18.61.1"
TUNNEL = "198.18.61.9 dev eth1 mtu lock 1200"
ROUTER = Answers({"ip -o -4 route show": f"{LAN} \n{FAR} \n{TUNNEL} \n"})
RULE = "OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP"


def test_every_route_is_narrowed_in_place() -> None:
    assert words(PmtuBlackHole().plan(ROUTER)) == (
        [
            f"iptables -A {RULE}",
            f"ip route change {LAN} mtu lock 576",
            f"ip route change {FAR} mtu lock 576",
            "ip route change 198.18.61.9 dev eth1 mtu lock 576",
        ],
        [
            f"ip route change {LAN}",
            f"ip route change {FAR}",
            f"ip route change {TUNNEL}",
            f"iptables -D {RULE}",
        ],
    )


def test_one_way_out_only() -> None:
    change = PmtuBlackHole(mtu=1400, interface="eth0").plan(ROUTER)
    assert change.words() == [f"iptables -A {RULE}", f"ip route change {LAN} mtu lock 1400"]


def test_a_path_that_is_narrow_already_needs_the_rule_alone() -> None:
    change = PmtuBlackHole(mtu=None).plan(Answers())
    assert words(change) == ([f"iptables -A {RULE}"], [f"iptables -D {RULE}"])


def test_an_interface_without_routes_is_refused() -> None:
    with pytest.raises(UsageError, match="no route out of eth7"):
        PmtuBlackHole(interface="eth7").plan(ROUTER)


@pytest.mark.parametrize("parameters", [{"mtu": 551}, {"mtu": 1491}, {"mtu": "narrow"}, {"interface": "eth0 up"}])
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PmtuBlackHole.model_validate(parameters)

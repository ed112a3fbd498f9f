from __future__ import annotations

import pytest

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.probes.ping import Ping
from tests.netns.probes.bench import Namespace


@pytest.mark.parametrize("size", [0, 3, 56, 1472])
def test_healthy(client: Namespace, size: int) -> None:
    seen = Ping(target="server", size=size).measure(client)
    assert (seen.values["loss"], seen.values["dup"], seen.doubt) == (Proportion(0, 2600), 0, None)


def test_what_the_rule_dropped_is_what_is_lost(client: Namespace, server: Namespace) -> None:
    server.do("iptables -A INPUT -p icmp -m statistic --mode random --probability 0.2 -j DROP")
    assert Ping(target="server").measure(client).values["lost"] == server.dropped() > 0


def test_the_peers_small_mtu_spares_small_packets(client: Namespace, server: Namespace) -> None:
    server.do("ip link set eth0 mtu 1400")
    assert Ping(target="server", size=1472, count=64).measure(client).values["lost"] == 64
    assert Ping(target="server", size=1000, count=64).measure(client).values["lost"] == 0


def test_larger_than_the_own_mtu(client: Namespace) -> None:
    seen = Ping(target="server", size=1473, count=64).measure(client)
    assert (seen.values["loss"], seen.details["errors"]) == (Proportion(64, 64), {"EMSGSIZE": 64})


def test_no_way(client: Namespace) -> None:
    seen = Ping(target="abroad", count=64).measure(client)
    assert (seen.values["loss"], seen.details["errors"]) == (Proportion(64, 64), {"ENETUNREACH": 64})


def test_duplicates_are_set_aside(client: Namespace, server: Namespace) -> None:
    server.do("iptables -t mangle -A POSTROUTING -p icmp --icmp-type echo-reply -j TEE --gateway 198.18.77.3")
    seen = Ping(target="server", count=64).measure(client)
    assert (seen.values["lost"], seen.values["dup"]) == (0, 64)

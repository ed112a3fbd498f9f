from __future__ import annotations

from droplab.harness.contracts.measurement import Proportion
from droplab.harness.probes.arp import Arp
from tests.netns.probes.bench import Bench, Namespace


def test_arp_answers_where_all_of_ip_is_dropped(client: Namespace, server: Namespace) -> None:
    for chain in ("INPUT", "OUTPUT"):
        server.do(f"iptables -A {chain} -j DROP")
    seen = Arp(target="server").measure(client)
    assert (seen.values["loss"], seen.values["macs"]) == (Proportion(0, 20), 1)


def test_nobody_answers(client: Namespace) -> None:
    seen = Arp(target="nobody", deadline_s=0.1).measure(client)
    assert (seen.values["loss"], seen.values["macs"], seen.doubt) == (Proportion(20, 20), 0, None)


def test_arp_switched_off(client: Namespace, server: Namespace) -> None:
    server.do("ip link set eth0 arp off")
    assert Arp(target="server", deadline_s=0.1).measure(client).values["lost"] == 20


def test_two_voices_for_one_address(net: Bench) -> None:
    net.switch.do("ip addr add 198.18.77.2/24 dev br0")
    seen = Arp(target="server").measure(net.client)
    assert (seen.values["lost"], seen.values["macs"]) == (0, 2)


def test_the_server_learns_nothing(client: Namespace, server: Namespace) -> None:
    server.do("ip neigh flush all")
    Arp(target="server").measure(client)
    assert "198.18.77.3" not in server.do("ip neigh show")


def test_behind_a_gateway_is_doubt(client: Namespace) -> None:
    client.do("ip route add default via 198.18.77.2")
    seen = Arp(target="abroad", deadline_s=0.1).measure(client)
    assert seen.doubt is not None
    assert "behind 198.18.77.2" in seen.doubt


def test_no_way(client: Namespace) -> None:
    seen = Arp(target="abroad").measure(client)
    assert (seen.values["lost"], seen.values["macs"]) == (20, 0)

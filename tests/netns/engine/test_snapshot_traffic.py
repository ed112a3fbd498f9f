"""Traffic and looking change nothing: what a snapshot compares stands still while packets flow and students list."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

import pytest

from droplab.harness.contracts.node import Node
from tests.netns.engine.ground import Ground
from tests.netns.engine.too_big import too_big

RULES = """
iptables -A INPUT -m conntrack --ctstate INVALID -j DROP
iptables -A INPUT -m limit --limit 5/sec -j ACCEPT
iptables -A INPUT -m quota --quota 100000 -j ACCEPT
iptables -A INPUT -m statistic --mode nth --every 3 --packet 0 -j ACCEPT
ip6tables -P FORWARD DROP
iptables-legacy -A INPUT -p icmp -j ACCEPT
tc qdisc add dev eth0 root handle 1: htb
tc qdisc add dev eth0 clsact
tc filter add dev eth0 ingress u32 match u32 0 0 flowid 1:1
"""

NFT = """
table inet watched {
  counter seen { }
  quota some { 10 mbytes }
  set talkers { type ipv4_addr; flags dynamic,timeout; timeout 60s; }
  set known { type ipv4_addr; flags timeout; elements = { 198.18.77.3 timeout 1h } }
  chain input { type filter hook input priority 0; policy accept;
    counter name seen
    quota name some
    update @talkers { ip saddr counter }
    ip saddr @known counter
    quota over 5 mbytes drop
    limit rate 1000/second burst 9 packets
    ip saddr { 198.18.77.1, 198.18.77.3, 198.18.77.4, 198.18.77.5 } counter numgen random mod 100 < 30 accept
  }
}
"""


def exchange(net: Ground, listening: socket.socket) -> list[socket.socket]:
    """A connection that stays, one that is closed (TIME-WAIT), and one in the queue of the listener."""
    kept: list[socket.socket] = []
    for number in range(3):
        client = net.client.socket(socket.AF_INET, socket.SOCK_STREAM)
        client.settimeout(3)
        client.connect(("198.18.77.2", 80))
        kept.append(client)
        if number < 2:
            server, _ = listening.accept()
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert server.recv(99)
            kept.append(server)
    kept.pop(0).close()
    kept.pop(0).close()
    return kept


def test_traffic_changes_nothing(net: Ground) -> None:
    net.server.sh(RULES)
    net.server.run(["nft", "-f", "-"], stdin=NFT)
    with net.listener() as listening:
        before = net.take()
        kept = exchange(net, listening)
        net.client.sh("ping -c 20 -i 0.01 -q 198.18.77.2; ping -c 1 -W 1 198.18.77.9 || true")
        too_big(net.server, "198.18.77.3", "198.18.77.2", 900)
        counted = net.server.sh("iptables -nvxL INPUT; iptables-legacy -nvxL INPUT; nft list counter inet watched seen")
        assert "packets 0 " not in counted
        assert "mtu 900" in net.client.sh("ip route get 198.18.77.2; ip route show cache")
        assert "198.18.77.9 dev eth0" in net.client.sh("ip neigh show")
        assert int(net.server.read("/proc/sys/net/netfilter/nf_conntrack_count")) >= 3
        assert "198.18.77.3 counter packets" in net.server.sh("nft list set inet watched talkers")
        assert net.words(before) == []
        for one in kept:
            one.close()
    assert net.words(before) == ["server: tcp 0.0.0.0:80 no longer listens"]


LISTINGS = """
iptables -nvL; iptables -t nat -S; ip6tables -nvL; arptables -nvL; ebtables -L; nft list ruleset
ip -s link; ip addr; ip route; ip rule; ip neigh; bridge fdb; tc -s qdisc; ethtool -k eth0 || true; ss -ltnp; netstat -i
conntrack -L; sysctl -a >/dev/null
"""


@pytest.mark.parametrize("name", ["server", "switch"])
def test_listing_changes_nothing(net: Ground, name: str) -> None:
    before = net.take()
    net.node(name).sh(LISTINGS)
    assert net.words(before) == []


def test_an_empty_table_of_iptables_legacy_is_nothing(net: Ground) -> None:
    """Listing makes it, and nobody can take it away again."""
    before = net.take()
    net.server.sh("iptables-legacy -nvL")
    assert net.server.read("/proc/net/ip_tables_names") == "filter\n"
    assert net.words(before) == []


def test_a_capture_changes_nothing(net: Ground) -> None:
    before = net.take()
    with net.server.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3)) as watching:
        watching.bind(("eth0", 0))
        index = socket_index(net.server)
        watching.setsockopt(
            263, 1, struct.pack("iHH8s", index, 1, 0, b"")
        )  # SOL_PACKET, PACKET_ADD_MEMBERSHIP, PROMISC
        assert "promiscuity 1" in net.server.sh("ip -d link show eth0")
        assert net.words(before) == []


def socket_index(node: Node) -> int:
    return int(node.netlink.link_lookup(ifname="eth0")[0])


REPAIRS: list[tuple[str, str]] = [
    ("iptables -A INPUT -j DROP", "iptables -F"),
    ("ip route del default", "ip route add default via 198.18.77.9"),
    ("ip route del default", "route add default gw 198.18.77.9"),
    ("ip addr flush dev eth0", "ip addr add 198.18.77.2/24 dev eth0; ip route add default via 198.18.77.9"),
    ("ip addr flush dev eth0", "ifconfig eth0 198.18.77.2/24; route add default gw 198.18.77.9"),
    ("ip link set eth0 down", "ip link set eth0 up; ip route add default via 198.18.77.9"),
    ("tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 50ms", "tc qdisc del dev eth0 root"),
    ("iptables-legacy -P INPUT DROP", "iptables-legacy -P INPUT ACCEPT"),
    ("ethtool -K eth0 tx off", "ethtool -K eth0 tx on"),
]


@pytest.mark.parametrize(("fault", "repair"), REPAIRS)
def test_a_repair_by_hand_is_equal_to_the_wiring(net: Ground, fault: str, repair: str) -> None:
    """The wiring writes broadcast addresses and routes of proto static; people write neither."""
    server = net.server
    server.sh("ip addr flush dev eth0; ip addr add 198.18.77.2/24 broadcast 198.18.77.255 dev eth0")
    server.sh("ip route add default via 198.18.77.9 proto static")
    before = net.take()
    server.sh(fault)
    assert net.words(before) != []
    server.sh(repair)
    assert net.settled(before) == []


def test_a_queue_made_anew_is_equal(net: Ground) -> None:
    """The kernel gives it another handle."""
    make = "tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 50ms"
    net.server.sh(make)
    before = net.take()
    net.server.sh("tc qdisc del dev eth0 root")
    assert net.words(before) == ["server: queues of eth0: missing qdisc tbf root rate 1Mbit burst 10Kb lat 50ms"]
    net.server.sh(make)
    assert net.words(before) == []


ORDERS: list[tuple[Callable[[int], str], str]] = [
    (lambda port: f"iptables -A INPUT -p tcp --dport {port} -j DROP", "iptables -F INPUT"),
    (
        lambda port: f"nft 'add table inet t; add chain inet t c; add rule inet t c tcp dport {port} drop'",
        "nft flush table inet t",
    ),
]


@pytest.mark.parametrize(("rule", "flush"), ORDERS, ids=["iptables", "nft"])
def test_the_order_of_rules_counts(net: Ground, rule: Callable[[int], str], flush: str) -> None:
    net.server.sh(f"{rule(81)}; {rule(82)}")
    before = net.take()
    net.server.sh(f"{flush}; {rule(82)}; {rule(81)}")
    (words,) = net.words(before)
    assert "the order changed" in words
    net.server.sh(f"{flush}; {rule(81)}; {rule(82)}")
    assert net.words(before) == []

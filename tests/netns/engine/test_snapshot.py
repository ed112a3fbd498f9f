"""Taking a snapshot: what it needs, what it survives, and that it leaves no trace."""

from __future__ import annotations

import json

import pytest

from droplab.harness.engine.snapshot import Snapshot, diff, take_network
from droplab.harness.errors import MachineLacks, NodeLost
from droplab.harness.runtime.netlink import open_netlink
from droplab.harness.runtime.waiting_sockets import NETLINK_SOCK_DIAG, REQUEST, listed
from tests.netns.engine.ground import Ground

SECTIONS = {
    "links", "addresses", "routes", "rules", "neighbours", "qdiscs", "nft", "iptables_legacy", "sysctls", "sockets",
}  # fmt: skip
WHOLE = SECTIONS | {"processes", "files"}


def test_it_has_every_section_and_survives_json(net: Ground) -> None:
    net.server.sh("iptables -A INPUT -j DROP; tc qdisc add dev eth0 root handle 1: htb")
    taken = net.take()
    assert {name: set(sections) for name, sections in taken.nodes.items()} == {
        "client": WHOLE,
        "server": WHOLE,
        "switch": SECTIONS,
    }
    again = Snapshot.from_json(json.loads(json.dumps(taken.to_json())))
    assert again == taken
    assert diff(again, net.take()) == []


def test_it_reads_what_the_kernel_has(net: Ground) -> None:
    server = net.take().nodes["server"]
    assert server["links"]["eth0"]["mtu"] == "1500"  # type: ignore[call-overload]
    assert server["addresses"]["eth0"] == {"198.18.77.2/24": "scope global"}
    assert server["rules"]["ipv4"] == [
        "0: from all lookup local",
        "32766: from all lookup main",
        "32767: from all lookup default",
    ]
    values = sum(len(group) for group in server["sysctls"].values())
    listed = [line for line in net.server.sh("sysctl -a 2>/dev/null").splitlines() if line.startswith("net.")]
    assert len(listed) * 0.9 < values <= len(listed)


def test_of_a_stranger_it_looks_at_the_network_only(net: Ground) -> None:
    assert set(take_network(net.server).nodes["server"]) == SECTIONS


def test_a_vanished_interface_is_one_difference(net: Ground) -> None:
    net.server.sh("ip route add default via 198.18.77.3; ip neigh add 198.18.77.9 lladdr 02:00:00:00:00:09 dev eth0")
    net.server.sh(
        "tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 50ms; sysctl -w net.ipv4.conf.eth0.rp_filter=1"
    )
    before = net.take()
    net.server.sh("ip link del eth0")
    after = net.take()
    assert [change.words for change in diff(before, after)] == ["server: link eth0: gone", "switch: link server: gone"]
    assert [change.words for change in diff(after, before)][:1] == ["server: link eth0: new"]


def test_a_node_without_any_interface(net: Ground) -> None:
    net.client.sh("ip link del eth0; ip link set lo down")
    taken = net.take()
    assert set(taken.nodes["client"]["links"]) == {"lo"}


def test_a_lost_node_is_told(net: Ground) -> None:
    net.server.given_alive = False
    with pytest.raises(NodeLost, match="node server: it ended or was restarted"):
        net.take()


def test_a_node_that_ends_meanwhile_is_told(net: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    def ends() -> list[str]:
        net.client.given_alive = False
        raise FileNotFoundError("/proc/1/root/proc")

    monkeypatch.setattr(net.client, "processes", ends)
    with pytest.raises(NodeLost, match="node client: it ended while it was looked at"):
        net.take()


def test_a_kernel_that_cannot_list_sockets_is_told(net: Ground) -> None:
    """Asked here for a protocol that no kernel can list; one without tcp_diag answers the same for TCP."""
    with (
        open_netlink(net.server, NETLINK_SOCK_DIAG) as asking,
        pytest.raises(MachineLacks, match="the kernel cannot list sockets"),
    ):
        listed(asking, REQUEST.pack(2, 200, 1))


def test_taking_leaves_no_trace(net: Ground) -> None:
    net.take()
    for names in ("/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"):
        assert net.server.read(names) == ""
    assert net.server.sh("nft list tables") == ""
    assert net.server.sh("iptables -nL 2>&1 >/dev/null") == ""

"""Comparing snapshots and putting differences into words, without a network."""

from __future__ import annotations

import json

from droplab.harness.engine.snapshot import Difference, Section, Snapshot, diff

SECTIONS = (
    "links", "addresses", "routes", "rules", "neighbours", "qdiscs", "nft", "iptables_legacy", "sysctls", "sockets",
    "processes", "files",
)  # fmt: skip


def of(**sections: Section) -> Snapshot:
    """A snapshot of node nginx; sections that are not given are empty."""
    return Snapshot({"nginx": {name: sections.get(name, {}) for name in SECTIONS}})


def words(before: Snapshot, after: Snapshot) -> list[str]:
    return [change.words.removeprefix("nginx: ") for change in diff(before, after)]


def test_equal_snapshots_differ_in_nothing() -> None:
    full = of(links={"eth0": {"mtu": "1500"}}, nft={"iptables (table filter)": ["-A INPUT -j DROP"]})
    assert diff(full, Snapshot.from_json(json.loads(json.dumps(full.to_json())))) == []


def test_a_difference_names_its_node_and_section() -> None:
    before, after = of(sysctls={"net.ipv4": {"tcp_sack": "1"}}), of(sysctls={"net.ipv4": {"tcp_sack": "0"}})
    assert diff(before, after) == [Difference("nginx", "sysctls", "nginx: sysctl net.ipv4.tcp_sack: 1 -> 0")]


def test_rules_that_are_new_missing_doubled_and_moved() -> None:
    table = "iptables (table filter)"
    before = of(nft={table: ["-A INPUT a", "-A INPUT b", "-A INPUT c"]})
    after = of(nft={table: ["-A INPUT c", "-A INPUT a", "-A INPUT a", "-A INPUT d"]})
    assert words(before, after) == [
        f"rules of {table}: added -A INPUT a (copy 2)",
        f"rules of {table}: missing -A INPUT b",
        f"rules of {table}: added -A INPUT d",
        f"rules of {table}: the order changed, -A INPUT c now comes before -A INPUT a",
    ]
    assert words(before, of()) == [f"rules of {table}: missing -A INPUT {rule}" for rule in "abc"]


def test_one_of_two_faults_is_still_told_in_the_same_words() -> None:
    """What a fault changed is recognised later, when another fault is gone and a student has added a rule."""
    table = "iptables (table filter)"
    first, second, own = "-A INPUT -j DROP", "-A OUTPUT -j DROP", "-A INPUT -j ACCEPT"
    faults = diff(of(), of(nft={table: [first, second]}))
    now = diff(of(), of(nft={table: [own, first]}))
    assert [change.words for change in now if change not in faults] == [f"nginx: rules of {table}: added {own}"]


def test_what_went_with_an_interface_is_not_told() -> None:
    before = of(
        links={"eth0": {"mtu": "1500"}, "eth1": {"mtu": "1500"}},
        addresses={"eth0": {"198.18.0.2/24": "scope global"}, "eth1": {"198.18.1.2/24": "scope global"}},
        routes={"table main": {"default via 198.18.0.1 dev eth0": "", "198.18.1.0/24 dev eth1": ""}},
        neighbours={"eth0": {"neighbour 198.18.0.1": "02:00:00:00:00:01"}},
        qdiscs={"eth0": ["qdisc tbf root"]},
        sysctls={"net.ipv4.conf.eth0": {"rp_filter": "0"}, "net.ipv6.conf.eth1": {"disable_ipv6": "1"}},
    )
    after = of(links={"eth1": {"mtu": "1500"}})
    assert words(before, after) == [
        "link eth0: gone",
        "address 198.18.1.2/24 of eth1: gone",
        "route 198.18.1.0/24 dev eth1 (table main): gone",
        "sysctls net.ipv6.conf.eth1.*: gone",
    ]


def test_sysctls_that_a_module_brought_say_nothing() -> None:
    before = of(sysctls={"net.netfilter": {"nf_log_all_netns": "0"}})
    after = of(sysctls={"net.netfilter": {"nf_log_all_netns": "0", "nf_conntrack_acct": "0"}, "net.bridge": {"x": "1"}})
    assert words(before, after) == []
    assert words(after, before) == ["sysctls net.bridge.*: gone", "sysctl net.netfilter.nf_conntrack_acct: gone"]


def test_a_port_that_left_its_bridge_has_no_flags_to_tell_of() -> None:
    before = of(links={"p": {"master": "br0", "port isolated": "0"}, "q": {"port isolated": "0"}})
    after = of(links={"p": {}, "q": {"port isolated": "1"}})
    assert words(before, after) == ["link p: master br0 -> none", "link q: port isolated 0 -> 1"]


def test_values_that_are_new_changed_and_gone() -> None:
    before = of(
        links={"eth0": {"mtu": "1500", "offload rx-gro": "on"}},
        addresses={"eth0": {"198.18.0.2/24": "scope global", "198.18.0.3/24": "scope global"}},
        neighbours={"eth0": {"neighbour 198.18.0.1": "02:00:00:00:00:01"}},
        sockets={"": {"tcp 0.0.0.0:80": "backlog 511, 1 socket", "udp 0.0.0.0:53": "1 socket"}},
        processes={"nginx": {"user 0": "1 running"}, "dnsmasq": {"user 0": "1 running"}},
        files={"": {"/a": "0644 0:0 aa", "/b": "0644 0:0 bb", "/c": "deleted", "/d": "0644 0:0 dd"}},
    )
    after = of(
        links={"eth0": {"mtu": "100"}, "eth1": {}},
        addresses={"eth0": {"198.18.0.2/24": "scope link"}, "eth1": {"198.18.1.2/24": "scope global"}},
        neighbours={"eth0": {"neighbour 198.18.0.1": "02:00:00:00:00:99", "neighbour 198.18.0.9": "02:00:00:00:00:09"}},
        sockets={"": {"tcp 0.0.0.0:80": "backlog 1, 1 socket", "tcp 0.0.0.0:81": "backlog 5, 1 socket"}},
        processes={"nginx": {"user 0": "1 stopped"}, "nc": {"user 0": "1 running"}},
        files={"": {"/a": "0600 0:0 aa", "/b": "0644 1:0 xx", "/c": "0644 0:0 cc", "/e": "0644 0:0 ee"}},
    )
    assert words(before, after) == [
        "link eth0: mtu 1500 -> 100",
        "link eth0: offload rx-gro on -> off",
        "link eth1: new",
        "address 198.18.0.2/24 of eth0: scope global -> scope link",
        "address 198.18.0.3/24 of eth0: gone",
        "address 198.18.1.2/24 of eth1: new (scope global)",
        "neighbour 198.18.0.1 on eth0: 02:00:00:00:00:01 -> 02:00:00:00:00:99",
        "neighbour 198.18.0.9 on eth0: new (02:00:00:00:00:09)",
        "tcp 0.0.0.0:80: backlog 511, 1 socket -> backlog 1, 1 socket",
        "tcp 0.0.0.0:81 listens now, which nothing did before",
        "udp 0.0.0.0:53 no longer receives",
        "process dnsmasq (user 0): missing",
        "process nc (user 0): new",
        "process nginx (user 0): 1 running -> 1 stopped",
        "file /a: mode 0644 -> 0600",
        "file /b: changed, owner 0:0 -> 1:0",
        "file /c: added or changed",
        "file /d: deleted",
        "file /e: added or changed",
    ]

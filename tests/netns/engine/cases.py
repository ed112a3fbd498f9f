# ruff: noqa: E501 (what a person reads is one line, however long)
"""Changes to each section of a snapshot, how they are undone, and all that the snapshot says of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """``do`` and ``undo`` are commands of ``node``, ``says`` the differences without its name, one a line each.

    The first differences are of ``section``; of those that ``follow`` it says nothing.
    """

    section: str
    do: str
    undo: str
    says: str
    node: str = "server"
    follow: str = ""

    def lines(self) -> list[str]:
        return [f"{self.node}: {line.strip()}" for line in f"{self.says}\n{self.follow}".splitlines() if line.strip()]

    def __str__(self) -> str:
        return f"{self.section}: {self.do.strip().splitlines()[0]}"


LINKS = [
    Case("links", "ip link set eth0 mtu 1400", "ip link set eth0 mtu 1500", "link eth0: mtu 1500 -> 1400"),
    Case(
        "links",
        "ip link set eth0 mtu 100",
        "ifconfig eth0 mtu 1500",
        "link eth0: mtu 1500 -> 100",
        follow="sysctls net.ipv6.conf.eth0.*: gone\nsysctls net.ipv6.neigh.eth0.*: gone",
    ),
    Case("links", "ip link set eth0 arp off", "ip link set eth0 arp on", "link eth0: noarp no -> yes"),
    Case("links", "ip link set eth0 promisc on", "ip link set eth0 promisc off", "link eth0: promisc no -> yes"),
    Case(
        "links",
        "ip link set eth0 txqueuelen 5 gso_max_size 2000",
        "ip link set eth0 txqueuelen 1000 gso_max_size 65536",
        "link eth0: gso_max_size 65536 -> 2000\nlink eth0: txqueuelen 1000 -> 5",
    ),
    Case(
        "links",
        "ethtool -K eth0 tx-nocache-copy on",
        "ethtool -K eth0 tx-nocache-copy off",
        "link eth0: offload tx-nocache-copy off -> on",
    ),
    Case("links", "ip link add spare type ifb", "ip link del spare", "link spare: new"),
    Case(
        "links",
        "ip link set server type bridge_slave isolated on",
        "ip link set server type bridge_slave isolated off",
        "link server: port isolated 0 -> 1",
        "switch",
    ),
    Case(
        "links",
        "ip link set br0 type bridge ageing_time 100",
        "ip link set br0 type bridge ageing_time 30000",
        "link br0: ageing_time 30000 -> 100",
        "switch",
    ),
]

ROUTING = [
    Case(
        "addresses",
        "ip addr add 198.18.77.9/24 dev eth0 label eth0:1 broadcast 198.18.77.200",
        "ip addr del 198.18.77.9/24 dev eth0",
        "address 198.18.77.9/24 of eth0: new (scope global broadcast 198.18.77.200 label eth0:1 secondary)",
        follow="""
        route broadcast 198.18.77.200/32 dev eth0 proto kernel scope link src 198.18.77.2 (table local): new
        route local 198.18.77.9/32 dev eth0 proto kernel scope host src 198.18.77.2 (table local): new
        """,
    ),
    Case(
        "routes",
        """
        ip route add 198.18.5.0/24 via 198.18.77.9 mtu lock 800 advmss 60 table 7
        ip route add blackhole 198.18.6.0/24
        ip route add 198.18.8.0/24 nexthop via 198.18.77.8 dev eth0 nexthop via 198.18.77.7 dev eth0 weight 2
        """,
        """
        ip route flush table 7
        ip route del blackhole 198.18.6.0/24
        ip route del 198.18.8.0/24
        """,
        """
        route 198.18.5.0/24 via 198.18.77.9 dev eth0 mtu lock 800 advmss 60 (table 7): new
        route 198.18.8.0/24 nexthop via 198.18.77.8 dev eth0 weight 1 nexthop via 198.18.77.7 dev eth0 weight 2 (table main): new
        route blackhole 198.18.6.0/24 (table main): new
        """,
    ),
    Case(
        "rules",
        """
        ip rule add priority 100 from 198.18.7.0/24 to 198.18.9.1 fwmark 5 iif eth0 prohibit
        ip -6 rule add priority 9 lookup 7
        """,
        "ip rule del priority 100\n ip -6 rule del priority 9",
        """
        policy rules of ipv4: added 100: from 198.18.7.0/24 to 198.18.9.1/32 iifname eth0 fwmark 5 prohibit
        policy rules of ipv6: added 9: from all lookup 7
        """,
    ),
    Case(
        "neighbours",
        """
        ip neigh add 198.18.77.3 lladdr 02:00:00:00:00:99 nud permanent dev eth0
        ip neigh add proxy 198.18.77.8 dev eth0
        """,
        """
        ip neigh del 198.18.77.3 dev eth0
        ip neigh del proxy 198.18.77.8 dev eth0
        """,
        """
        neighbour 198.18.77.3 on eth0: new (02:00:00:00:00:99)
        proxy neighbour 198.18.77.8 on eth0: new (answered for)
        """,
    ),
    Case(
        "neighbours",
        "bridge fdb add 02:00:00:00:00:11 dev server master static sticky",
        "bridge fdb del 02:00:00:00:00:11 dev server master",
        "forwarding entry 02:00:00:00:00:11 on server: new (static sticky)",
        "switch",
    ),
]

QUEUES = [
    Case(
        "qdiscs",
        "tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 50ms",
        "tc qdisc del dev eth0 root",
        "queues of eth0: added qdisc tbf root rate 1Mbit burst 10Kb lat 50ms",
    ),
    Case(
        "qdiscs",
        """
        tc qdisc add dev eth0 root handle 1: htb default 20
        tc class add dev eth0 parent 1: classid 1:10 htb rate 1mbit
        tc qdisc add dev eth0 parent 1:10 pfifo limit 5
        tc filter add dev eth0 parent 1: protocol ip prio 3 u32 match ip sport 80 0xffff flowid 1:10
        """,
        "tc qdisc del dev eth0 root",
        """
        queues of eth0: added class htb 1:10 root prio 0 rate 1Mbit ceil 1Mbit burst 1600b cburst 1600b
        queues of eth0: added filter parent 1: protocol ip pref 3 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 *flowid 1:10 not_in_hw match 00500000/ffff0000 at 20
        queues of eth0: added qdisc htb 1: root r2q 10 default 0x20 direct_qlen 1000
        queues of eth0: added qdisc pfifo parent 1:10 limit 5p
        """,
    ),
    Case(
        "qdiscs",
        """
        tc qdisc add dev server clsact
        tc filter add dev server egress prio 1 u32 match u32 0 0 action mirred egress redirect dev client
        """,
        "tc qdisc del dev server clsact",
        """
        queues of server: added filter egress protocol all pref 1 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 terminal flowid not_in_hw match 00000000/00000000 at 0 action order 1: mirred (Egress Redirect to device client) stolen
        queues of server: added qdisc clsact ffff: parent ffff:fff1
        """,
        "switch",
    ),
]

DROP = "-m statistic --mode random --probability 0.3 -j DROP"

FIREWALLS = [
    Case(
        "nft",
        f"iptables -A INPUT {DROP}",
        f"iptables -D INPUT {DROP}",
        "rules of iptables (table filter): added -A INPUT -m statistic --mode random --probability 0.29999999981 -j DROP",
    ),
    Case(
        "nft",
        """
        iptables -t mangle -P OUTPUT DROP
        iptables -N MINE
        iptables -A FORWARD -j MINE
        ip6tables -t raw -A PREROUTING -j DROP
        """,
        """
        iptables -t mangle -P OUTPUT ACCEPT
        iptables -F
        iptables -X
        ip6tables -t raw -F
        """,
        """
        rules of ip6tables (table raw): added -A PREROUTING -j DROP
        rules of iptables (table filter): added -A FORWARD -j MINE
        rules of iptables (table filter): added -N MINE
        rules of iptables (table mangle): added -P OUTPUT DROP
        """,
    ),
    Case(
        "nft",
        "arptables -A INPUT -s 198.18.77.3 -j DROP",
        "arptables -F",
        "rules of arptables (table filter): added -A INPUT -j DROP -s 198.18.77.3",
    ),
    Case(
        "nft",
        "ebtables -A FORWARD -p IPv4 --ip-proto tcp --ip-dport 80 -j DROP",
        "ebtables -F",
        "rules of ebtables (table filter): added -A FORWARD -p IPv4 --ip-proto tcp --ip-dport 80 -j DROP",
        "switch",
    ),
    Case(
        "nft",
        """
        nft 'add table inet t; add chain inet t c { type filter hook input priority 5; }'
        nft 'add rule inet t c ip saddr { 198.18.77.3, 198.18.77.4 } counter numgen random mod 100 < 30 drop'
        """,
        "nft delete table inet t",
        """
        rules of nft (table inet t): added chain c { type filter hook input priority filter + 5; policy accept; }
        rules of nft (table inet t): added c: ip saddr { 198.18.77.3, 198.18.77.4 } counter numgen random mod 100 < 30 drop
        rules of nft (table inet t): added the table itself
        """,
    ),
    Case(
        "nft",
        "nft add table netdev t",
        "nft delete table netdev t",
        "rules of nft (table netdev t): added the table itself",
    ),
    Case(
        "iptables_legacy",
        f"iptables-legacy -A INPUT {DROP}",
        "iptables-legacy -D INPUT 1",
        "rules of iptables-legacy (table filter): added -A INPUT -m statistic --mode random --probability 0.29999999981 -j DROP",
    ),
]

SYSCTLS = [
    Case(
        "sysctls",
        "sysctl -w net.ipv4.tcp_mtu_probing=1 net.ipv4.conf.eth0.rp_filter=1",
        "sysctl -w net.ipv4.tcp_mtu_probing=0 net.ipv4.conf.eth0.rp_filter=0",
        "sysctl net.ipv4.tcp_mtu_probing: 0 -> 1\nsysctl net.ipv4.conf.eth0.rp_filter: 0 -> 1",
    ),
    Case(
        "sysctls",
        "sysctl -w net.ipv4.ip_local_port_range='40000 40100'",
        "sysctl -w net.ipv4.ip_local_port_range='32768 60999'",
        "sysctl net.ipv4.ip_local_port_range: 32768 60999 -> 40000 40100",
    ),
]

CASES = [*LINKS, *ROUTING, *QUEUES, *FIREWALLS, *SYSCTLS]

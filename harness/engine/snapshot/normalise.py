"""What a snapshot leaves out, all of it, each with the reason. Whatever is read and not named here is compared."""

from __future__ import annotations

import hashlib
import re

LONGEST = 120
"""Characters of a value that are kept as they are; of a longer one its digest is."""

LINK_ATTRIBUTES = {
    "IFLA_MTU": "mtu",
    "IFLA_ADDRESS": "mac",
    "IFLA_BROADCAST": "broadcast",
    "IFLA_OPERSTATE": "state",
    "IFLA_TXQLEN": "txqueuelen",
    "IFLA_GROUP": "group",
    "IFLA_IFALIAS": "alias",
    "IFLA_LINKMODE": "link mode",
    "IFLA_PROTO_DOWN": "protodown",
    "IFLA_NUM_TX_QUEUES": "tx queues",
    "IFLA_NUM_RX_QUEUES": "rx queues",
    "IFLA_GSO_MAX_SIZE": "gso_max_size",
    "IFLA_GSO_MAX_SEGS": "gso_max_segs",
    "IFLA_GRO_MAX_SIZE": "gro_max_size",
}
"""Of a link only these, its flags, kind, master and program are compared. The others are counters (IFLA_STATS,
IFLA_CARRIER_CHANGES, IFLA_PROMISCUITY, which a tcpdump raises), or repeat another section (IFLA_QDISC,
IFLA_AF_SPEC)."""

LINK_FLAGS = {"up": 0x1, "noarp": 0x80, "promisc": 0x100, "allmulti": 0x200, "multicast": 0x1000, "carrier": 0x10000}
"""IFF_UP, IFF_NOARP, IFF_PROMISC, IFF_ALLMULTI, IFF_MULTICAST, IFF_LOWER_UP; IFF_RUNNING repeats the state."""

DERIVED_OF_BRIDGES = re.compile("mac|state|carrier|offload .*")
"""A bridge takes these from its ports, up to a second later, and is compared by them."""

LINK_DATA_SKIPPED = frozenset({
    "UNKNOWN",  # attributes that pyroute2 has no name for: they cannot be told from each other
    # Timers and the counters of what was learnt.
    "IFLA_BR_HELLO_TIMER", "IFLA_BR_TCN_TIMER", "IFLA_BR_TOPOLOGY_CHANGE_TIMER", "IFLA_BR_GC_TIMER",
    "IFLA_BRPORT_MESSAGE_AGE_TIMER", "IFLA_BRPORT_FORWARD_DELAY_TIMER", "IFLA_BRPORT_HOLD_TIMER",
    "IFLA_BR_TOPOLOGY_CHANGE", "IFLA_BR_TOPOLOGY_CHANGE_DETECTED", "IFLA_BRPORT_TOPOLOGY_CHANGE_ACK",
    "IFLA_BRPORT_CONFIG_PENDING", "IFLA_BRPORT_MCAST_EHT_HOSTS_CNT", "IFLA_BRPORT_MCAST_N_GROUPS",
    # Worked out by the kernel from addresses and from the order in which ports were added.
    "IFLA_BR_BRIDGE_ID", "IFLA_BR_ROOT_ID", "IFLA_BR_ROOT_PORT", "IFLA_BR_ROOT_PATH_COST",
    "IFLA_BRPORT_ROOT_ID", "IFLA_BRPORT_BRIDGE_ID", "IFLA_BRPORT_DESIGNATED_PORT", "IFLA_BRPORT_DESIGNATED_COST",
    "IFLA_BRPORT_ID", "IFLA_BRPORT_NO",
})  # fmt: skip

ADDRESS_FLAGS = {"secondary": 0x1, "nodad": 0x2, "deprecated": 0x20, "noprefixroute": 0x200}
"""Not IFA_F_TENTATIVE and IFA_F_OPTIMISTIC, which pass by themselves, nor lifetimes, which count down; nor a label or
a broadcast address that is as usual: the wiring of a lab sets them, a person's `ip addr add` does not, and the kernel
treats both alike."""

RTM_F_CLONED = 0x200
"""The flag of a route exception: learnt from traffic, flushed before each measured phase."""

ROUTE_SKIPPED = frozenset({"RTA_CACHEINFO", "RTA_TABLE", "RTA_UID"})
"""Ages and use counters; the table is the item that the route is in."""

BY_HAND = frozenset({3, 4})
"""RTPROT_BOOT and RTPROT_STATIC say who wrote a route and nothing else: a person's `ip route add` writes boot, the
wiring of a lab writes static."""

RULE_SKIPPED = frozenset({"FRA_PROTOCOL"})
"""Who wrote a rule, likewise."""

NUD_NOARP, NUD_PERMANENT = 0x40, 0x80
"""Neighbour entries in any other state were learnt from traffic, and failed ones are flushed before each phase. IP
neighbours that need no ARP come and go by themselves too; in a bridge this state is a static entry."""

QUEUE_STATE = re.compile(
    r"""\ refcnt\ \d+                            # how many hardware queues use it
      | \ direct_packets_stat\ \d+              # a counter of htb
      | \ index\ \d+\ ref\ \d+\ bind\ \d+        # of actions: numbered in the order of their making
      | (?<=\ )id\ \d+\ (?=name|tag|jited)       # BPF programs: numbered for the whole machine
      | (?:\ leaf)?\ 8[0-9a-f]{3}:(?=\ )         # handles that the kernel chose, another one each time
    """,
    re.VERBOSE,
)

IMPLIED_QUEUES = re.compile(r"qdisc \w+ 0: .*|class tbf .*|filter .* chain \d+|filter .* ht divisor 1")
"""Lines of `tc` for what comes by itself: the kernel's own queues, the one class of tbf, heads of lists of filters."""

EMPTY_CHAIN = re.compile(r"-P \S+ ACCEPT")
"""A base chain that accepts everything is the same as none; `iptables -A` followed by `-D` leaves one. Its tables go
with it, and of iptables-legacy even a listing makes one."""

IPTABLES_TABLES = frozenset({"filter", "nat", "mangle", "raw", "security", "broute"})
"""The tables of nft that belong to iptables and its sisters."""

SET_FILLED_BY_PACKETS = "dynamic"
"""The elements of an nft set with this flag come and go with traffic. Counters, what is used of a quota and the age of
an element are left out by `nft --stateless` and by `iptables-save` without -c."""

SYSCTLS_SKIPPED = frozenset({
    "stable_secret",  # cannot be read (EIO) until it is set
    "mtu",  # ipv6/conf/*/mtu follows the link, which is compared
    "tcp_fastopen_key",  # drawn at random when a first listener uses it
})  # fmt: skip
"""Also skipped: files that this namespace may not write (host-wide: a neighbour's change would read as residue), those
that cannot be read (route/flush), and those that are new: a kernel module that anybody's rule loaded brought them."""

DIGEST_LENGTH = 16


def short(value: str) -> str:
    """The value, or the digest of one that is long."""
    return value if len(value) <= LONGEST else f"sha256 {hashlib.sha256(value.encode()).hexdigest()[:DIGEST_LENGTH]}"

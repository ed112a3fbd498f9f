"""The one sysctl profile that every node has on both runtimes, whatever the machine or the daemon presets.

Everything that decides what a probe sees is written down here. Values are the kernel's own defaults unless a comment
says otherwise; a file that this kernel does not have is passed over.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from droplab.harness.runtime.namespaces import inside_netns

PROFILE: Mapping[str, str] = MappingProxyType({
    "core/somaxconn": "4096",
    "ipv4/conf/all/accept_redirects": "0",  # a learnt route would outlive the fault that caused it
    "ipv4/conf/all/arp_announce": "0",
    "ipv4/conf/all/arp_filter": "0",
    "ipv4/conf/all/arp_ignore": "0",
    "ipv4/conf/all/log_martians": "0",
    "ipv4/conf/all/rp_filter": "0",  # distributions preset 1 or 2
    "ipv4/conf/all/send_redirects": "1",
    "ipv4/conf/default/accept_redirects": "0",
    "ipv4/conf/default/arp_announce": "0",
    "ipv4/conf/default/arp_filter": "0",
    "ipv4/conf/default/arp_ignore": "0",
    "ipv4/conf/default/log_martians": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv4/conf/default/send_redirects": "1",
    "ipv4/icmp_echo_ignore_all": "0",
    "ipv4/icmp_echo_ignore_broadcasts": "1",
    "ipv4/icmp_ratelimit": "1000",
    "ipv4/icmp_ratemask": "6168",
    "ipv4/ip_default_ttl": "64",
    "ipv4/ip_local_port_range": "32768\t60999",
    "ipv4/ip_no_pmtu_disc": "0",
    "ipv4/ip_unprivileged_port_start": "0",  # as docker presets it
    "ipv4/ping_group_range": "0\t2147483647",  # as docker presets it
    "ipv4/route/min_adv_mss": "256",
    "ipv4/route/min_pmtu": "552",
    "ipv4/route/mtu_expires": "600",
    "ipv4/tcp_abort_on_overflow": "0",
    "ipv4/tcp_base_mss": "1024",
    "ipv4/tcp_congestion_control": "reno",  # the only one that every kernel has
    "ipv4/tcp_dsack": "1",
    "ipv4/tcp_early_retrans": "3",
    "ipv4/tcp_ecn": "2",
    "ipv4/tcp_fastopen": "1",
    "ipv4/tcp_fin_timeout": "60",
    "ipv4/tcp_keepalive_intvl": "75",
    "ipv4/tcp_keepalive_probes": "9",
    "ipv4/tcp_keepalive_time": "7200",
    "ipv4/tcp_max_syn_backlog": "512",  # the kernel's default depends on the memory of the machine
    "ipv4/tcp_max_tw_buckets": "16384",  # likewise
    "ipv4/tcp_moderate_rcvbuf": "1",
    "ipv4/tcp_mtu_probing": "0",
    "ipv4/tcp_no_metrics_save": "0",
    "ipv4/tcp_orphan_retries": "0",
    "ipv4/tcp_recovery": "1",
    "ipv4/tcp_reordering": "3",
    "ipv4/tcp_retries1": "3",
    "ipv4/tcp_retries2": "15",
    "ipv4/tcp_rfc1337": "0",
    "ipv4/tcp_rmem": "4096\t131072\t6291456",  # likewise
    "ipv4/tcp_sack": "1",
    "ipv4/tcp_slow_start_after_idle": "1",
    "ipv4/tcp_syn_linear_timeouts": "4",
    "ipv4/tcp_syn_retries": "6",
    "ipv4/tcp_synack_retries": "5",
    "ipv4/tcp_syncookies": "1",
    "ipv4/tcp_timestamps": "1",
    "ipv4/tcp_tw_reuse": "2",
    "ipv4/tcp_window_scaling": "1",
    "ipv4/tcp_wmem": "4096\t16384\t4194304",  # likewise
    "ipv4/neigh/default/gc_stale_time": "60",
    "ipv4/neigh/default/mcast_solicit": "3",
    "ipv4/neigh/default/retrans_time_ms": "1000",
    "ipv4/neigh/default/ucast_solicit": "3",
    "netfilter/nf_conntrack_acct": "0",
    "netfilter/nf_conntrack_checksum": "1",
    "netfilter/nf_conntrack_generic_timeout": "600",
    "netfilter/nf_conntrack_icmp_timeout": "30",
    "netfilter/nf_conntrack_log_invalid": "0",
    "netfilter/nf_conntrack_tcp_be_liberal": "0",
    "netfilter/nf_conntrack_tcp_loose": "1",
    "netfilter/nf_conntrack_tcp_timeout_close": "10",
    "netfilter/nf_conntrack_tcp_timeout_close_wait": "60",
    "netfilter/nf_conntrack_tcp_timeout_established": "432000",
    "netfilter/nf_conntrack_tcp_timeout_fin_wait": "120",
    "netfilter/nf_conntrack_tcp_timeout_last_ack": "30",
    "netfilter/nf_conntrack_tcp_timeout_syn_recv": "60",
    "netfilter/nf_conntrack_tcp_timeout_syn_sent": "120",
    "netfilter/nf_conntrack_tcp_timeout_time_wait": "120",
    "netfilter/nf_conntrack_tcp_timeout_unacknowledged": "300",
    "netfilter/nf_conntrack_udp_timeout": "30",
    "netfilter/nf_conntrack_udp_timeout_stream": "120",
})  # fmt: skip

NO_IPV6: Mapping[str, str] = MappingProxyType({
    "ipv6/conf/all/disable_ipv6": "1",
    "ipv6/conf/default/disable_ipv6": "1",
    "ipv6/conf/lo/disable_ipv6": "1",
})  # fmt: skip

SWITCH: Mapping[str, str] = MappingProxyType({
    **NO_IPV6,
    "bridge/bridge-nf-call-arptables": "0",  # else frames that are only switched pass the switch's firewall
    "bridge/bridge-nf-call-ip6tables": "0",
    "bridge/bridge-nf-call-iptables": "0",
})  # fmt: skip


ONE_GROUP: Mapping[str, str] = MappingProxyType({"ipv4/ping_group_range": "0\t0"})
"""All that there is where one user is mapped."""


def of_node(*, forward: bool, rootless: bool = False) -> dict[str, str]:
    """The profile of a node, path below /proc/sys/net to value. Definitions have IPv4 addresses only: IPv6 is off."""
    return {
        "ipv4/ip_forward": "1" if forward else "0",
        **PROFILE,
        **NO_IPV6,
        **(ONE_GROUP if rootless else {}),
    }


def apply(netns_fd: int, profile: Mapping[str, str]) -> None:
    """Write what differs into a network namespace, before its interfaces are made (about 1 ms, no program is run)."""
    inside_netns(netns_fd, lambda: apply_here(profile))


def apply_here(profile: Mapping[str, str], proc: str = "/proc") -> None:
    """Write what differs into the network namespace of the calling thread, through the procfs mounted at ``proc``."""
    for name, value in profile.items():
        try:
            fd = os.open(f"{proc}/sys/net/{name}", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            if os.read(fd, 4096).decode().split() != value.split():
                os.pwrite(fd, value.encode(), 0)
        finally:
            os.close(fd)

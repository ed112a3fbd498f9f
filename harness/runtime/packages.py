"""Which Debian package has a command."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "ip": "iproute2",
        "tc": "iproute2",
        "ss": "iproute2",
        "bridge": "iproute2",
        "nsenter": "util-linux",
        "unshare": "util-linux",
        "iptables": "iptables",
        "iptables-save": "iptables",
        "iptables-legacy": "iptables",
        "iptables-legacy-save": "iptables",
        "nft": "nftables",
        "conntrack": "conntrack",
        "sysctl": "procps",
        "ps": "procps",
        "pgrep": "procps",
        "pkill": "procps",
        "pidwait": "procps",
        "nginx": "nginx-light",
        "curl": "curl",
        "hping3": "hping3",
        "ping": "iputils-ping",
        "arping": "iputils-arping",
        "tcpdump": "tcpdump",
        "netstat": "net-tools",
        "ifconfig": "net-tools",
        "ethtool": "ethtool",
        "dmesg": "util-linux",
        "dnsmasq": "dnsmasq-base",
        "dig": "bind9-dnsutils",
        "perl": "perl-base",
        "awk": "mawk",
    }
)


def package_of(command: str) -> str:
    """The Debian package of a command; its own name when it is not known here."""
    return PACKAGES.get(command, command)

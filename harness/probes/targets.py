"""From what a definition writes as a target to addresses, ports and the route that leads there."""

from __future__ import annotations

import difflib
import errno
import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from droplab.harness.contracts.node import Node
from droplab.harness.errors import NodeLost, UsageError

HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EINVAL, errno.EACCES})
"""What the kernel says when a route is missing, unreachable, down, a blackhole (EINVAL) or prohibited (EACCES)."""


@dataclass(frozen=True)
class Route:
    """How the node's kernel would send to an address."""

    source: str
    interface: str
    mac: str
    mtu: int
    gateway: str | None


def checked_host(text: str) -> str:
    """``text`` if it can be a node name or an IPv4 address; raises ValueError."""
    if re.fullmatch(r"[0-9.]+", text):
        try:
            IPv4Address(text)
        except AddressValueError as error:
            raise ValueError(f"{text!r} is not an IPv4 address: {error}") from None
    elif not HOST.fullmatch(text):
        raise ValueError(f"expected a node name or an IPv4 address, got {text!r}")
    return text


def split_port(text: str) -> tuple[str, int]:
    """``nginx:80`` as host and port; raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon:
        raise ValueError(f'expected HOST:PORT, for example "nginx:80", got {text!r}')
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError(f"the port must be 1..65535, got {port!r} in {text!r}")
    return checked_host(host), int(port)


def address_of(node: Node, host: str) -> str:
    """The IPv4 address of a node name; an address is itself. Raises UsageError for an unknown name."""
    if re.fullmatch(r"[0-9.]+", host):
        return host
    if host in node.hosts:
        return node.hosts[host]
    near = difflib.get_close_matches(host, node.hosts, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(node.hosts)) or 'only addresses'}"
    raise UsageError(f"{node.name}: no node is named {host!r}; {hint}")


def route_to(node: Node, address: str) -> Route:
    """Ask the kernel as ``ip route get`` does.

    Raises OSError with an errno of NO_ROUTE when there is no way, NodeLost when the node has no interface any more.
    """
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        found = next(iter(node.netlink.route("get", dst=address)))
    except NetlinkError as error:
        if error.code not in NO_ROUTE:
            raise
        _check_interfaces(node)
        raise OSError(error.code, f"no route to {address}") from None
    link = next(iter(node.netlink.get_links(found.get_attr("RTA_OIF"))))
    return Route(
        source=found.get_attr("RTA_PREFSRC"),
        interface=link.get_attr("IFLA_IFNAME"),
        mac=link.get_attr("IFLA_ADDRESS"),
        mtu=link.get_attr("IFLA_MTU"),
        gateway=found.get_attr("RTA_GATEWAY"),
    )


def _check_interfaces(node: Node) -> None:
    if all(link.get_attr("IFLA_IFNAME") == "lo" for link in node.netlink.get_links()):
        raise NodeLost(f"{node.name} has no network interface any more")

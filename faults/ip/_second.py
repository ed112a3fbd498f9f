"""A second interface on a network that a node is in already, over which its answers go from then on."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network

from droplab.harness.contracts.change import Argv
from droplab.harness.contracts.node import Node
from droplab.harness.errors import UsageError


def second_interface(node: Node, first: str, name: str) -> tuple[Argv, ...]:
    """Commands that add a macvlan ``name`` on ``first``. Raises UsageError when ``name`` exists or nothing is free.

    The routes to the two halves of the network win over the connected one. arp_ignore: the new interface must not
    answer ARP for the address of the first, or the neighbours would send there.
    """
    links = {link.get_attr("IFLA_IFNAME"): link["index"] for link in node.netlink.get_links()}
    if name in links:
        raise UsageError(f"{node.name} has an interface {name} already; give another name, or second: null")
    own = _address(node, links[first])
    halves = list(own.network.subnets()) if own.network.prefixlen < 31 else []
    if not halves:
        raise UsageError(f"{node.name}: {own} leaves no room for a second address")
    address = f"{_free(own, set(node.hosts.values()))}/{own.network.prefixlen}"
    return (
        ("ip", "link", "add", "link", first, "name", name, "type", "macvlan", "mode", "bridge"),
        ("sysctl", "-qw", f"net.ipv4.conf.{name}.arp_ignore=1"),
        ("ip", "addr", "add", address, "dev", name, "noprefixroute"),
        ("ip", "link", "set", "dev", name, "up"),
        *(("ip", "route", "add", str(half), "dev", name, "src", str(own.ip)) for half in halves),
    )


def taken_away(name: str) -> tuple[Argv, ...]:
    """Its addresses, routes and sysctls go with it."""
    return (("ip", "link", "del", "dev", name),)


def _address(node: Node, index: int) -> IPv4Interface:
    found = [
        IPv4Interface(f"{address.get_attr('IFA_ADDRESS')}/{address['prefixlen']}")
        for address in node.netlink.get_addr(family=2, index=index)
    ]
    if not found:
        raise UsageError(f"{node.name}: the first interface has no IPv4 address")
    return found[0]


def _free(own: IPv4Interface, taken: set[str]) -> str:
    network: IPv4Network = own.network
    for number in range(int(network.broadcast_address) - 1, int(network.network_address), -1):
        address = str(IPv4Network((number, 32)).network_address)
        if address not in taken and address != str(own.ip):
            return address
    raise UsageError(f"no address of {network} is free")

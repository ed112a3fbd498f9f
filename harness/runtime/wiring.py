"""The same wiring for both runtimes: a bridge for each network in the switch's namespace, a veth for each interface.

A veth straight from node to node would hand a drop back to its sender as local congestion (facts/runtime.md, 2); a
bridge between them does not. The node's end is born inside the node under its final name, so that nothing of a lab
is ever in the host's namespace.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Any

from droplab.harness.definition.lab import LabNode
from droplab.harness.errors import NodeLost
from droplab.harness.runtime import sysctl_profile
from droplab.harness.runtime.node import NetnsNode

if TYPE_CHECKING:
    from pyroute2 import IPRoute

LINKS_UP_WITHIN_S = 5.0
LONGEST_NAME = 15  # IFNAMSIZ without the closing zero


@dataclass(frozen=True)
class Port:
    """One interface of a node and the port of the switch that it hangs on."""

    node: str
    interface: str
    address: IPv4Interface
    bridge: str
    name: str

    @property
    def mac(self) -> str:
        """An address that a run has again when it is repeated: locally administered, the IPv4 address inside."""
        return ":".join(["02", "d0", *(f"{byte:02x}" for byte in self.address.ip.packed)])


def bridge_name(network: str) -> str:
    """The bridge of a network in the switch, for example ``br-lan``."""
    return f"br-{network}"[:LONGEST_NAME]


def ports_of(nodes: Iterable[LabNode]) -> list[Port]:
    """The ports of a lab in the order written; the port of client's eth0 is ``client-eth0``."""
    ports: list[Port] = []
    for node in nodes:
        for index, (network, address) in enumerate(node.interfaces):
            interface = f"eth{index}"
            name = f"{node.name[: LONGEST_NAME - 1 - len(interface)]}-{interface}"
            if any(port.name == name for port in ports):
                name = f"port{len(ports)}"
            ports.append(Port(node.name, interface, address, bridge_name(network), name))
    return ports


def wire(switch: NetnsNode, nodes: Sequence[tuple[NetnsNode, LabNode]]) -> None:
    """Write the sysctl profile of switch and nodes, then ``connect`` them. For nodes that are still without network."""
    sysctl_profile.apply(switch.netns_fd, sysctl_profile.SWITCH)
    for namespace, node in nodes:
        sysctl_profile.apply(namespace.netns_fd, sysctl_profile.of_node(forward=node.forward))
    connect(switch, nodes)


def connect(switch: NetnsNode, nodes: Sequence[tuple[NetnsNode, LabNode]]) -> None:
    """Make bridges, interfaces, addresses and routes; return when every link of a node is up, about 7 ms.

    The bridge's own operstate follows within a second and decides nothing. Raises NodeLost when a link stays down.
    """
    ports = ports_of(node for _, node in nodes)
    live = {node.name: namespace for namespace, node in nodes}
    bridges = {name: _add_bridge(switch.netlink, name) for name in dict.fromkeys(port.bridge for port in ports)}
    for port in ports:
        _plug(switch.netlink, port, bridges[port.bridge], live[port.node])
    for namespace, node in nodes:
        _address(namespace, [port for port in ports if port.node == node.name])
        _route(namespace, node)
    _await_links(switch, {port.name for port in ports})
    for namespace, node in nodes:
        _await_links(namespace, {port.interface for port in ports if port.node == node.name})


def _add_bridge(route: IPRoute, name: str) -> int:
    route.link("add", ifname=name, kind="bridge", state="up")
    return _index(route, name)


def _index(route: IPRoute, name: str) -> int:
    return int(route.link("get", ifname=name)[0]["index"])


def _plug(route: IPRoute, port: Port, bridge: int, node: NetnsNode) -> None:
    """A veth whose one end is a port of the bridge and up, and whose other end is born in the node."""
    inside: dict[str, Any] = {"ifname": port.interface, "address": port.mac, "net_ns_fd": node.netns_fd}
    route.link("add", ifname=port.name, kind="veth", master=bridge, state="up", peer=inside)


def _address(node: NetnsNode, ports: Sequence[Port]) -> None:
    """Bring the node's interfaces up, lo first, with their addresses. Down until now: nothing has gone out yet."""
    route = node.netlink
    route.link("set", index=1, state="up")
    for port in ports:
        index = _index(route, port.interface)
        network = port.address.network
        route.addr(
            "add",
            index=index,
            address=str(port.address.ip),
            prefixlen=network.prefixlen,
            broadcast=str(network.broadcast_address),
        )
        route.link("set", index=index, state="up")


def _route(node: NetnsNode, lab_node: LabNode) -> None:
    for destination, gateway in lab_node.routes.items():
        node.netlink.route("add", dst=destination, gateway=str(gateway))


def _await_links(node: NetnsNode, names: set[str]) -> None:
    """Until then a queue may still swallow packets, and a snapshot would see the state change."""
    deadline = time.monotonic() + LINKS_UP_WITHIN_S
    while waiting := names - _up(node.netlink):
        if time.monotonic() > deadline:
            raise NodeLost(f"{node.name}: link {', '.join(sorted(waiting))} did not come up in {LINKS_UP_WITHIN_S:g} s")
        time.sleep(0.0005)


def _up(route: IPRoute) -> set[str]:
    return {link.get_attr("IFLA_IFNAME") for link in route.get_links() if link.get_attr("IFLA_OPERSTATE") == "UP"}

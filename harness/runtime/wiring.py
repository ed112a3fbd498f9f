"""The same wiring for both runtimes: a bridge for each network in the switch's namespace, a veth for each interface.

A veth straight from node to node would hand a drop back to its sender as local congestion (facts/runtime.md, 2); a
bridge between them does not. Both ends are born where they belong, under their final names, so that nothing of a lab
is ever in the host's namespace.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from ipaddress import IPv4Interface

from droplab.harness.definition.lab import LabNode
from droplab.harness.errors import NodeLost
from droplab.harness.runtime import sysctl_profile
from droplab.harness.runtime.netlink import attributes, dump, open_netlink
from droplab.harness.runtime.node import NetnsNode
from droplab.harness.runtime.rtnetlink import Request, link_up, new_address, new_link, new_route, send

RTM_GETLINK, IFINFOMSG_SIZE = 18, 16
IFLA_IFNAME, IFLA_OPERSTATE, IF_OPER_UP = 3, 16, b"\x06"
LINKS_UP_WITHIN_S = 5.0
LOOPBACK = 1
FIRST_INDEX = 11
"""Where our ifindexes begin: modules such as ipip and sit give a new namespace devices of their own (tunl0, sit0)."""
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


class Wiring:
    """The network of a lab, packed before its namespaces are there: bridges, each node's part, and the plugs.

    Holds a descriptor until ``close``.
    """

    def __init__(self, nodes: Iterable[LabNode]) -> None:
        self._nodes = tuple(nodes)
        self._ports = ports_of(self._nodes)
        self._switch_fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)  # the number that the switch will have
        names = dict.fromkeys(port.bridge for port in self._ports)
        bridges = {name: FIRST_INDEX + at for at, name in enumerate(names)}
        self._bridges = [new_link("bridge", name, index) for name, index in bridges.items()]
        self._parts = {node.name: [*self._part(node)] for node in self._nodes}
        self._plugs = [link_up(ifname=port.name, master=bridges[port.bridge]) for port in self._ports]

    def _part(self, node: LabNode) -> Iterator[Request]:
        """Interfaces, each with its other end in the switch, lo first; addresses and routes."""
        yield link_up(index=LOOPBACK)
        for index, port in enumerate(self._of(node), FIRST_INDEX):
            end = {"ifname": port.name, "net_ns_fd": self._switch_fd}
            yield new_link("veth", port.interface, index, address=port.mac, peer=end)
            yield new_address(index, port.address)
        for destination, gateway in node.routes.items():
            yield new_route(destination, gateway)

    def _of(self, node: LabNode) -> list[Port]:
        return [port for port in self._ports if port.node == node.name]

    def begin(self, switch: NetnsNode) -> None:
        """Make the bridges. First of all."""
        os.dup2(switch.netns_fd, self._switch_fd, inheritable=False)
        send(switch, self._bridges)

    def furnish(self, node: NetnsNode) -> None:
        """Make a node's part. No carrier yet, so nothing leaves the node."""
        send(node, self._parts[node.name])

    def plug(self, switch: NetnsNode) -> None:
        """Make the other ends ports of their bridges. After all nodes."""
        send(switch, self._plugs)

    def await_up(self, switch: NetnsNode, nodes: Iterable[NetnsNode]) -> None:
        """Until every link of a node is up, about 7 ms. Raises NodeLost when one stays down.

        The bridge's own operstate follows within a second and decides nothing.
        """
        _await_links(switch, {port.name for port in self._ports})
        for node in nodes:
            _await_links(node, {port.interface for port in self._ports if port.node == node.name})

    def close(self) -> None:
        """Idempotent."""
        if self._switch_fd >= 0:
            os.close(self._switch_fd)
            self._switch_fd = -1


def wire(switch: NetnsNode, nodes: Sequence[tuple[NetnsNode, LabNode]]) -> None:
    """The sysctl profile of switch and nodes, then their network. For nodes that are still without one."""
    sysctl_profile.apply(switch.netns_fd, sysctl_profile.SWITCH)
    for namespace, node in nodes:
        sysctl_profile.apply(namespace.netns_fd, sysctl_profile.of_node(forward=node.forward))
    with closing(Wiring(node for _, node in nodes)) as wiring:
        wiring.begin(switch)
        for namespace, _ in nodes:
            wiring.furnish(namespace)
        wiring.plug(switch)
        wiring.await_up(switch, (namespace for namespace, _ in nodes))


def _await_links(node: NetnsNode, names: set[str]) -> None:
    """Until then a queue may still swallow packets, and a snapshot would see the state change."""
    deadline = time.monotonic() + LINKS_UP_WITHIN_S
    with open_netlink(node, socket.NETLINK_ROUTE) as asking:
        while waiting := names - set(_up(asking)):
            if time.monotonic() > deadline:
                down = ", ".join(sorted(waiting))
                raise NodeLost(f"{node.name}: link {down} did not come up in {LINKS_UP_WITHIN_S:g} s")
            time.sleep(0.0005)


def _up(asking: socket.socket) -> Iterator[str]:
    for body in dump(asking, RTM_GETLINK, bytes(IFINFOMSG_SIZE)):
        link = attributes(body[IFINFOMSG_SIZE:])
        if link[IFLA_OPERSTATE] == IF_OPER_UP:
            yield link[IFLA_IFNAME].rstrip(b"\0").decode()

"""Whether a service listens, asked of the kernel from outside."""

from __future__ import annotations

import socket
import time

from droplab.harness.definition.lab import LabNode, Service
from droplab.harness.errors import NodeLost
from droplab.harness.runtime.netlink import open_netlink
from droplab.harness.runtime.node import NetnsNode
from droplab.harness.runtime.waiting_sockets import NETLINK_SOCK_DIAG, waiting_sockets

READY_WITHIN_S = 10.0


def await_services(node: NetnsNode, lab_node: LabNode) -> None:
    """Wait until every service of the node listens.

    Raises NodeLost when one does not within READY_WITHIN_S, MachineLacks when the kernel cannot tell.
    """
    deadline = time.monotonic() + READY_WITHIN_S
    with open_netlink(node, NETLINK_SOCK_DIAG) as asking:
        for service in lab_node.services:
            while not listens(asking, service):
                if time.monotonic() > deadline:
                    waited = f"after {READY_WITHIN_S:g} s"
                    raise NodeLost(f"{node.name}: {service.name} does not listen on {service.ready} {waited}")
                time.sleep(0.0005)


def listens(asking: socket.socket, service: Service) -> bool:
    """Whether a socket listens on what ``ready`` says ("tcp:80", "udp:53"), IPv4 or IPv6, where ``asking`` is."""
    protocol, _, port = service.ready.partition(":")
    return int(port) in {seen.port for seen in waiting_sockets(asking, protocol)}

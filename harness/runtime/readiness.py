"""Whether a service listens, seen in the kernel's socket tables from outside."""

from __future__ import annotations

import time

from droplab.harness.definition.lab import LabNode, Service
from droplab.harness.errors import NodeLost
from droplab.harness.runtime.node import NetnsNode

READY_WITHIN_S = 10.0
LISTEN = {"tcp": "0A", "udp": "07"}
"""The state of a socket that waits for anybody: TCP_LISTEN, and TCP_CLOSE as unconnected UDP sockets show it."""


def await_services(node: NetnsNode, lab_node: LabNode) -> None:
    """Wait until every service of the node listens. Raises NodeLost when one does not within READY_WITHIN_S."""
    deadline = time.monotonic() + READY_WITHIN_S
    for service in lab_node.services:
        while not listens(node, service):
            if time.monotonic() > deadline:
                waited = f"after {READY_WITHIN_S:g} s"
                raise NodeLost(f"{node.name}: {service.name} does not listen on {service.ready} {waited}")
            time.sleep(0.001)


def listens(node: NetnsNode, service: Service) -> bool:
    """Whether a socket of the node listens on what ``ready`` says ("tcp:80", "udp:53"), IPv4 or IPv6."""
    protocol, _, port = service.ready.partition(":")
    wanted = f":{int(port):04X}"
    for table in (f"/proc/net/{protocol}", f"/proc/net/{protocol}6"):
        try:
            rows = [row.split() for row in node.read(table).splitlines()[1:]]
        except FileNotFoundError:
            continue
        if any(row[1].endswith(wanted) and row[3] == LISTEN[protocol] for row in rows):
            return True
    return False

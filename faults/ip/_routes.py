"""Routes of the main table in the words of ``ip route``, so that what is put back is what was there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network

from droplab.harness.contracts.change import Argv
from droplab.harness.contracts.node import Node
from droplab.harness.errors import UsageError

TYPES = ("unicast", "unreachable", "blackhole", "prohibit", "throw")
STATES = ("linkdown", "dead", "onlink", "pervasive", "notify", "offload", "trap")
"""Words that ip route prints about a route and that are no part of it; onlink is, and is kept."""


@dataclass(frozen=True)
class Route:
    """One line of ``ip -o route show``."""

    line: str

    @property
    def words(self) -> tuple[str, ...]:
        """What ip route add takes."""
        gone = set(STATES) - {"onlink"}
        return tuple(word.removesuffix("/32") for word in self.line.replace("\\", " ").split() if word not in gone)

    @property
    def destination(self) -> str:
        """The prefix, or default."""
        return next(word for word in self.words if word not in TYPES)

    @property
    def metric(self) -> Argv:
        """The part of the key beside the destination: routes of another metric are other routes."""
        return self._pair("metric")

    @property
    def interface(self) -> str | None:
        """The interface that it leads out of, if one is named."""
        return next(iter(self._pair("dev")[1:]), None)

    def _pair(self, key: str) -> Argv:
        words = self.words
        return words[(at := words.index(key)) : at + 2] if key in words else ()

    def replaces(self) -> Argv:
        """The command that puts this route where one of the same destination and metric is, or is not."""
        return ("ip", "route", "replace", *self.words)

    def changes(self) -> Argv:
        """The command that gives a route that is there, by its destination and metric, these words."""
        return ("ip", "route", "change", *self.words)

    def shown_by(self) -> Argv:
        """The command that lists the routes to exactly this destination."""
        return ("ip", "-o", "route", "show", "exact", self.destination)

    def pattern(self) -> str:
        """Matches the line of this route, whatever the state of its link."""
        return r"(?m)^" + r"\s+(?:linkdown\s+)?".join(map(re.escape, self.words)) + r"(?:\s|$)"

    def through(self, gateway: str) -> Route:
        """The same route by another gateway."""
        return Route(re.sub(r"\bvia \S+", f"via {gateway}", self.line))

    def narrowed(self, mtu: int) -> Route:
        """The same route for packets of at most ``mtu`` bytes; ``lock``: forwarding keeps to it as well."""
        return Route(f"{re.sub(r' mtu (lock )?[0-9]+', '', self.line).rstrip()} mtu lock {mtu}")


def _listed(node: Node, *words: str) -> list[Route]:
    out = node.run(("ip", "-o", "-4", "route", "show", *words)).stdout
    return [Route(line.strip()) for line in out.splitlines() if line.strip()]


def all_routes(node: Node, interface: str | None = None) -> list[Route]:
    """The routes of the main table, out of one interface or of any."""
    return [route for route in _listed(node) if interface in (None, route.interface)]


def routed(node: Node) -> list[Route]:
    """The routes that lead through a gateway."""
    return [route for route in _listed(node) if " via " in route.line]


def routes_to(node: Node, destination: str) -> list[Route]:
    """The routes to exactly this destination, of every metric."""
    return _listed(node, "exact", destination)


def free_address(node: Node, route: Route) -> str:
    """An address of the gateway's network that no node has: the highest. Raises UsageError when there is none."""
    words = route.words
    gateway = words[words.index("via") + 1]
    for link in _listed(node, "proto", "kernel", "scope", "link"):
        network = IPv4Network(link.destination)
        taken = {*node.hosts.values(), *words, str(network.broadcast_address)}
        if gateway in map(str, network.hosts()):
            for number in range(int(network.broadcast_address), int(network.network_address), -1):
                if (address := str(IPv4Network((number, 32)).network_address)) not in taken:
                    return address
    raise UsageError(f"{node.name}: no free address beside {gateway}; give the gateway")

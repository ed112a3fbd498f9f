"""A server that has no way back to clients behind a router."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from droplab.faults.ip._routes import Route, free_address, routed, routes_to
from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import KernelCounter, State
from droplab.harness.errors import UsageError

GATEWAY = "gateway"
NOTHING = r"\A\s*\Z"
ADDRESS = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$"


def _prefix(text: str) -> str:
    return text if text == "default" else str(IPv4Network(text))


class NoReturnRoute(Fault):
    """Requests arrive, and the server has no way back to who sent them: the answers are lost before they leave.

    The route is missing, refuses (unreachable, blackhole, prohibit) or leads to a gateway that nobody is. From outside
    all five look the same. Who sits on the server's own network notices nothing.
    """

    needs: ClassVar = ("ip",)
    symptom: ClassVar = (
        "Connections from behind the router time out, and so does ping; from the same network all is well."
    )
    evidence: ClassVar = (
        "ip route get CLIENT on the server. nstat: IpOutNoRoutes grows, and its false friend TcpExtListenDrops too. "
        "For a wrong gateway: ip neigh, FAILED."
    )
    lookalike: ClassVar = (
        "A firewall: rules count what they drop, IpOutNoRoutes stands still. A full accept queue: ListenOverflows "
        "grows with ListenDrops; a missing route moves ListenDrops alone."
    )
    remedy: ClassVar = "ip route add default via GATEWAY; ip route del for a route that refuses."
    look: ClassVar = ("nstat -az IpOutNoRoutes", r"IpOutNoRoutes +[1-9]")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "INPUT"})

    form: Literal["missing", "unreachable", "blackhole", "prohibit", "gateway"] = Field(
        default="missing", description="no route, a route that refuses, or a gateway that nobody is"
    )
    to: Annotated[str, AfterValidator(_prefix)] | None = Field(
        default=None, description='"default" or a prefix; by default every route that leads through a gateway'
    )
    gateway: str | None = Field(
        default=None, pattern=ADDRESS, description="the wrong gateway; by default a free address of the network"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.gateway is not None and self.form != GATEWAY:
            raise ValueError(f"gateway needs form: gateway, not {self.form}")
        return self

    def plan(self, node: Node) -> Change:
        """Take the routes away or put others in their place; undoing puts back what was there."""
        found = routes_to(node, self.to) if self.to else routed(node)
        if not found and (self.to is None or self.form in ("missing", GATEWAY)):
            raise UsageError(
                f"no_return_route: {node.name} has no route {f'to {self.to}' if self.to else 'by a gateway'}"
            )
        if self.form == "missing":
            wanted, apply = found, _deleted(found)
        else:
            wanted = [self._instead(route, node) for route in found] or [Route(f"{self.form} {self.to}")]
            apply = tuple(route.replaces() for route in wanted)
        return Change(
            apply=apply,
            present=Question(wanted[0].shown_by(), NOTHING if self.form == "missing" else wanted[0].pattern()),
            revert=tuple(route.replaces() for route in reversed(found)) or _deleted(wanted),
            original=Question(found[0].shown_by(), found[0].pattern()) if found else None,
        )

    def _instead(self, route: Route, node: Node) -> Route:
        if self.form == GATEWAY:
            return route.through(self.gateway or free_address(node, route))
        return Route(" ".join((self.form, route.destination, *route.metric)))

    def signature(self) -> Signature:
        """SYNs from behind the router stay without an answer; the link layer is spared."""
        lost = KernelCounter("Ip", "OutNoRoutes")
        silent = State("a neighbour that does not answer", Question(("ip", "neigh", "show"), r"INCOMPLETE|FAILED"))
        return Signature(
            trigger=ProbeSpec(
                "syn", "loss", {"count": 300}, "target" if self.to not in (None, "default") else "routed"
            ),
            traces=(silent,) if self.form == GATEWAY else (lost,),
            spared=ProbeSpec("arp", "loss", {"count": 20}),
        )


def _deleted(routes: list[Route]) -> tuple[tuple[str, ...], ...]:
    return tuple(("ip", "route", "del", *route.words) for route in routes)

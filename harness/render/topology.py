"""The drawing of a lab's network: nodes in boxes, each network a line below them that the nodes hang on.

┌────────────────┐ ┌────────────────┐
│     nginx      │ │     client     │
└┬───────────────┘ └┬───────────────┘
 │ 198.18.48.2      │ 198.18.48.3
═╧══════════════════╧═══════════════   lan 198.18.48.0/24
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface

from droplab.harness.definition.lab import Lab
from droplab.harness.render.words import clean

GAP = 2  # columns between two boxes


@dataclass(frozen=True)
class Spot:
    """A node to draw: ``interfaces`` are (network, address), ``notes`` are written into its box."""

    name: str
    interfaces: tuple[tuple[str, IPv4Interface], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Leg:
    """An interface, drawn down to its network in column ``x``."""

    x: int
    network: int
    label: str


@dataclass(frozen=True)
class Box:
    """A node's place, in character columns."""

    x: int
    width: int
    lines: tuple[str, ...]
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Layout:
    """Where everything is; text and SVG draw the same one."""

    boxes: tuple[Box, ...]
    networks: tuple[str, ...]
    width: int

    def extent(self, network: int) -> tuple[int, int]:
        """First and last column of a network's line."""
        spans = [(leg.x, box.x + box.width) for box in self.boxes for leg in box.legs if leg.network == network]
        return min(x for x, _ in spans) - 1, max(end for _, end in spans) - 1


def of_lab(lab: Lab) -> tuple[Spot, ...]:
    """The nodes of a definition, with what they serve and whether they forward."""
    return tuple(
        Spot(
            name,
            node.interfaces,
            (*(f"serves {service.name}" for service in node.services), *(["forwards"] if node.forward else [])),
        )
        for name, node in lab.nodes.items()
    )


def of_report(topology: Mapping[str, str], notes: Mapping[str, Sequence[str]]) -> tuple[Spot, ...]:
    """The nodes of a report, joined by the prefixes of their addresses (``a.b.c.d/n, ...``)."""
    return tuple(
        _spot(clean(name), clean(addresses), tuple(map(clean, notes.get(name, ()))))
        for name, addresses in topology.items()
    )


def _spot(name: str, addresses: str, notes: tuple[str, ...]) -> Spot:
    try:
        interfaces = tuple(IPv4Interface(word) for word in addresses.replace(",", " ").split())
    except ValueError:
        return Spot(name, (), (addresses, *notes))
    return Spot(name, tuple((str(address.network), address) for address in interfaces), notes)


def layout(spots: Sequence[Spot]) -> Layout:
    """Place the boxes side by side in the order given."""
    networks = list(dict.fromkeys(network for spot in spots for network, _ in spot.interfaces))
    boxes: list[Box] = []
    x = 0
    for spot in spots:
        several = len(spot.interfaces) > 1
        labels = [f"eth{n} {i.ip}" if several else str(i.ip) for n, (_, i) in enumerate(spot.interfaces)]
        lines = (spot.name, *spot.notes)
        width = max(12, *(len(line) + 4 for line in lines), sum(len(label) + 3 for label in labels) + 1)
        legs, at = [], x + 1
        for label, (network, _) in zip(labels, spot.interfaces, strict=True):
            legs.append(Leg(at, networks.index(network), label))
            at += len(label) + 3
        boxes.append(Box(x, width, lines, tuple(legs)))
        x += width + GAP
    return Layout(tuple(boxes), tuple(_title(spots, network) for network in networks), max(x - GAP, 0))


def _title(spots: Sequence[Spot], network: str) -> str:
    prefix = str(next(address.network for spot in spots for name, address in spot.interfaces if name == network))
    return prefix if prefix == network else f"{network} {prefix}"


def text(spots: Sequence[Spot], width: int = 116) -> list[str]:
    """The drawing in lines of text, or a list of the networks where it would be wider than ``width``."""
    plan = layout(spots)
    if plan.width + max((len(name) + 3 for name in plan.networks), default=0) > width:
        return summary(spots)
    height = max((len(box.lines) for box in plan.boxes), default=0)
    rows = [[" "] * plan.width for _ in range(height + 3 + len(plan.networks))]
    for box in plan.boxes:
        _draw_box(rows, box, height)
    for number, _ in enumerate(plan.networks):
        _draw_network(rows[height + 3 + number], plan, number)
    named = ["", *[""] * (height + 2), *(f"   {name}" for name in plan.networks)]
    return [("".join(row) + name).rstrip() for row, name in zip(rows, named, strict=True)]


def _draw_box(rows: list[list[str]], box: Box, height: int) -> None:
    inner = box.width - 2
    _write(rows[0], box.x, f"┌{'─' * inner}┐")
    for number in range(height):
        line = box.lines[number] if number < len(box.lines) else ""
        _write(rows[1 + number], box.x, f"│{line:^{inner}}│")
    _write(rows[height + 1], box.x, f"└{'─' * inner}┘")
    for leg in box.legs:
        rows[height + 1][leg.x] = "┬"
        _write(rows[height + 2], leg.x, f"│ {leg.label}")


def _draw_network(row: list[str], plan: Layout, network: int) -> None:
    first, last = plan.extent(network)
    _write(row, first, "═" * (last - first + 1))
    for leg in (leg for box in plan.boxes for leg in box.legs if leg.network >= network):
        here, crossed = leg.network == network, first <= leg.x <= last
        row[leg.x] = "╧" if here else "╪" if crossed else "│"


def _write(row: list[str], x: int, words: str) -> None:
    row[x : x + len(words)] = words


def summary(spots: Sequence[Spot]) -> list[str]:
    """One line for each network: ``nginx 198.18.48.2 ── switch ── client 198.18.48.3``."""
    members: dict[str, list[str]] = {}
    for spot in spots:
        for network, address in spot.interfaces:
            members.setdefault(network, []).append(f"{spot.name} {address.ip}")
    if len(members) == 1:
        return [_joined("switch", next(iter(members.values())))]
    return [_joined(network, names) for network, names in members.items()]


def _joined(network: str, names: Sequence[str]) -> str:
    if len(names) == 2:
        return f"{names[0]} ── {network} ── {names[1]}"
    return f"{network}: {' · '.join(names)}"

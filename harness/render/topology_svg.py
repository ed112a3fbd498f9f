"""The drawing of a lab's network as an inline SVG, from the same layout as the text."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from droplab.harness.render.topology import Box, Layout, Spot, layout

CELL = 8.4  # px of a column: one character of the 13 px monospace font, and a little air
LINE = 18.0
PAD = 12.0


def svg(spots: Sequence[Spot]) -> str:
    """An <svg> element; colours are the page's CSS classes. Notes below a node's name are what is wrong with it."""
    plan = layout(spots)
    rows = max((len(box.lines) for box in plan.boxes), default=1)
    box_height = rows * LINE + 14
    bottom = PAD + box_height + 30 + 34 * len(plan.networks)
    title_room = 8 * max((len(name) for name in plan.networks), default=0) + 16
    width = plan.width * CELL + 2 * PAD + title_room
    root = ET.Element(
        "svg", {"class": "topology", "viewBox": f"0 0 {width:.0f} {bottom:.0f}", "role": "img", "width": f"{width:.0f}"}
    )
    ET.SubElement(root, "title").text = "; ".join(" ".join(box.lines) for box in plan.boxes)
    first = PAD + box_height + 34
    for box in plan.boxes:
        _legs(root, box, PAD + box_height, first)
    for number, name in enumerate(plan.networks):
        _network(root, plan, number, name, first + 34 * number)
    for box in plan.boxes:
        _box(root, box, box_height)
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def _x(column: float) -> float:
    return PAD + column * CELL


def _box(root: ET.Element, box: Box, height: float) -> None:
    place = {"x": f"{_x(box.x):.1f}", "y": f"{PAD:.1f}", "width": f"{box.width * CELL:.1f}", "height": f"{height:.1f}"}
    broken = " broken" if len(box.lines) > 1 else ""
    ET.SubElement(root, "rect", {"class": f"node{broken}", "rx": "6", **place})
    for number, line in enumerate(box.lines):
        text = ET.SubElement(
            root,
            "text",
            {
                "class": "note" if number else "name",
                "x": f"{_x(box.x + box.width / 2):.1f}",
                "y": f"{PAD + LINE * (number + 1) + 3:.1f}",
                "text-anchor": "middle",
            },
        )
        text.text = line


def _legs(root: ET.Element, box: Box, top: float, first: float) -> None:
    for leg in box.legs:
        x, end = _x(leg.x + 0.5), first + 34 * leg.network
        ET.SubElement(
            root, "line", {"class": "leg", "x1": f"{x:.1f}", "x2": f"{x:.1f}", "y1": f"{top:.1f}", "y2": f"{end:.1f}"}
        )
        ET.SubElement(root, "circle", {"class": "port", "cx": f"{x:.1f}", "cy": f"{end:.1f}", "r": "3.5"})
        label = ET.SubElement(root, "text", {"class": "address", "x": f"{x + 7:.1f}", "y": f"{top + 20:.1f}"})
        label.text = leg.label


def _network(root: ET.Element, plan: Layout, number: int, name: str, y: float) -> None:
    start, end = plan.extent(number)
    ET.SubElement(
        root,
        "line",
        {"class": "bus", "x1": f"{_x(start):.1f}", "x2": f"{_x(end + 1):.1f}", "y1": f"{y:.1f}", "y2": f"{y:.1f}"},
    )
    label = ET.SubElement(root, "text", {"class": "address", "x": f"{_x(end + 1) + 10:.1f}", "y": f"{y + 4:.1f}"})
    label.text = name

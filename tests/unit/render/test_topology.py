"""The drawing of a network."""

from __future__ import annotations

from ipaddress import IPv4Interface
from xml.etree import ElementTree as ET

from droplab.harness.render import topology
from droplab.harness.render.topology import Spot
from droplab.harness.render.topology_svg import svg
from tests.unit.render import samples


def spot(name: str, *interfaces: tuple[str, str], notes: tuple[str, ...] = ()) -> Spot:
    return Spot(name, tuple((network, IPv4Interface(address)) for network, address in interfaces), notes)


ROUTED = (
    spot("client", ("left", "198.18.49.2/25")),
    spot("router", ("left", "198.18.49.1/25"), ("right", "198.18.49.129/25"), notes=("forwards",)),
    spot("nginx", ("right", "198.18.49.130/25")),
)


def test_one_network() -> None:
    assert topology.text(topology.of_lab(samples.lab())) == [
        "┌──────────────┐  ┌─────────────┐",
        "│    nginx     │  │   client    │",
        "│ serves nginx │  │             │",
        "└┬─────────────┘  └┬────────────┘",
        " │ 198.18.48.2     │ 198.18.48.3",
        "═╧═════════════════╧═════════════   lan 198.18.48.0/24",
    ]


def test_a_leg_crosses_the_networks_above_its_own() -> None:
    rows = topology.text(ROUTED, 120)
    left, right = rows[-2:]
    assert left.endswith("left 198.18.49.0/25")
    assert right.endswith("right 198.18.49.128/25")
    assert left.count("╧") == right.count("╧") == 2
    assert left.count("╪") == 1  # the router's eth1 on its way down
    assert left.count("│") == 1  # nginx, beside the left network
    assert left.index("╪") == right.index("╧")
    assert any("eth1 198.18.49.129" in row for row in rows)
    assert len({row.index("═") for row in (left, right)}) == 2


def test_too_wide_a_drawing_becomes_a_list() -> None:
    assert topology.text(ROUTED, 60) == [
        "client 198.18.49.2 ── left ── router 198.18.49.1",
        "router 198.18.49.129 ── right ── nginx 198.18.49.130",
    ]


def test_many_nodes_of_one_network_are_listed() -> None:
    nodes = [spot(name, ("lan", f"198.18.0.{number}/24")) for number, name in enumerate("abc", 1)]
    assert topology.summary(nodes) == ["switch: a 198.18.0.1 · b 198.18.0.2 · c 198.18.0.3"]


def test_a_report_joins_nodes_by_their_prefixes() -> None:
    addresses = {"client": "198.18.49.2/25", "router": "198.18.49.1/25, 198.18.49.129/25", "odd": "not an address"}
    client, router, odd = topology.of_report(addresses, {"router": ["mtu"]})
    assert client.interfaces[0][0] == router.interfaces[0][0] == "198.18.49.0/25"
    assert router.notes == ("mtu",)
    assert odd.interfaces == ()
    assert topology.text((client, router, odd), 150)[1].split("│")[5].strip() == "odd"


def test_the_svg_has_every_name_and_escapes_it() -> None:
    root = ET.fromstring(svg((*ROUTED, spot("<&>", ("left", "198.18.49.9/25"), notes=("mtu",)))))
    texts = [element.text for element in root.iter("text")]
    assert {"client", "router", "forwards", "<&>", "mtu", "eth0 198.18.49.1", "198.18.49.130"} <= set(texts)
    assert len(list(root.iter("circle"))) == 5


def test_no_nodes_at_all() -> None:
    assert topology.summary(()) == []
    assert ET.fromstring(svg(())).tag == "svg"

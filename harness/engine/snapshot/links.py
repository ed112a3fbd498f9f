"""Links: what `ip -d link` shows of an interface, the flags of a bridge's port, and offloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.model import Section
from droplab.harness.engine.snapshot.normalise import (
    DERIVED_OF_BRIDGES,
    LINK_ATTRIBUTES,
    LINK_DATA_SKIPPED,
    LINK_FLAGS,
    short,
)
from droplab.harness.engine.snapshot.offloads import offloads


def links(node: Node) -> tuple[Section, dict[int, str]]:
    """Interface to its attributes; and the names of all interfaces by index, for the sections that need them."""
    messages = tuple(node.netlink.get_links())
    names = {link["index"]: str(link.get_attr("IFLA_IFNAME")) for link in messages}
    switched_on = offloads(node, names.values())
    found: Section = {}
    for link in messages:
        name = names[link["index"]]
        found[name] = _without_derived({**_described(link, names), **switched_on[name]})
    return found, names


def _without_derived(described: dict[str, str]) -> dict[str, str]:
    if described.get("kind") != "bridge":
        return described
    return {key: value for key, value in described.items() if not DERIVED_OF_BRIDGES.fullmatch(key)}


def _described(link: Any, names: Mapping[int, str]) -> dict[str, str]:
    found = {flag: "yes" if link["flags"] & bit else "no" for flag, bit in LINK_FLAGS.items()}
    for attribute, word in LINK_ATTRIBUTES.items():
        if (value := link.get_attr(attribute)) is not None:
            found[word] = str(value)
    if master := link.get_attr("IFLA_MASTER"):
        found["master"] = names.get(master, f"interface {master}")
    if program := link.get_attr("IFLA_XDP"):
        found.update(_program(program))
    info = link.get_attr("IFLA_LINKINFO")
    found.update(_of_kind(info) if info else {})
    if found.get("kind") != "veth" and (lower := link.get_attr("IFLA_LINK")):
        found["on"] = names.get(lower, f"interface {lower}")
    return found


def _program(xdp: Any) -> Iterator[tuple[str, str]]:
    """The XDP program. pyroute2 reads the mode as ``xdp`` or ``xdpgeneric``, and as None where there is no program."""
    if mode := xdp.get_attr("IFLA_XDP_ATTACHED"):
        yield "program", f"{mode} {xdp.get_attr('IFLA_XDP_PROG_ID')}"


def _of_kind(info: Any) -> Iterator[tuple[str, str]]:
    """What belongs to the kind of a link (a bridge's settings, a VLAN's number) and to being the port of a bridge."""
    if kind := info.get_attr("IFLA_INFO_KIND"):
        yield "kind", kind
    for part in ("IFLA_INFO_DATA", "IFLA_INFO_SLAVE_DATA"):
        data = info.get_attr(part)
        for name, value in data["attrs"] if data and "attrs" in data else ():
            if name not in LINK_DATA_SKIPPED:
                word = name.removeprefix("IFLA_").removeprefix("BRPORT_").removeprefix("BR_")
                yield f"port {word.lower()}" if "SLAVE" in part else word.lower(), short(str(value))

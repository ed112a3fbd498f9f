"""Queueing disciplines, classes and filters: netlink tells whether there are any, then `tc` (2 ms) gives the words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.model import Section
from droplab.harness.engine.snapshot.normalise import IMPLIED_QUEUES, QUEUE_STATE

KERNELS_OWN = 0  # the handle of a queue that nobody put there


def queues(node: Node, names: Mapping[int, str]) -> Section:
    """Interface to the lines of `tc`, for each interface that has more than the kernel's own queue."""
    placed: dict[str, list[Any]] = {}
    for message in node.netlink.get_qdiscs():
        if message["handle"] != KERNELS_OWN and message["index"] in names:
            placed.setdefault(names[message["index"]], []).append(message)
    return {interface: _lines(node, interface, messages) for interface, messages in placed.items()}


def _lines(node: Node, interface: str, messages: Iterable[Any]) -> list[str]:
    lines = [*_listed(node, "qdisc", interface), *_listed(node, "class", interface)]
    for hook in (hook for message in messages for hook in _hooks(message)):
        filters = _listed(node, "filter", interface, *hook)
        lines += [line.replace("filter", f"filter {' '.join(hook)}", 1) for line in filters]
    return sorted(lines)


def _hooks(message: Any) -> tuple[tuple[str, ...], ...]:
    """Where filters of a queueing discipline hang, as `tc filter show` wants it."""
    kind = message.get_attr("TCA_KIND")
    if kind == "clsact":
        return (("ingress",), ("egress",))
    return (("ingress",),) if kind == "ingress" else (("parent", f"{message['handle'] >> 16:x}:"),)


def _listed(node: Node, what: str, interface: str, *hook: str) -> list[str]:
    """The entries of a `tc` listing, each on one line. Empty when the interface is gone meanwhile."""
    shown = node.run(["tc", what, "show", "dev", interface, *hook], check=False).stdout
    entries: list[str] = []
    for line in shown.splitlines():
        if line.startswith((" ", "\t")) and entries:
            entries[-1] += f" {line.strip()}"
        elif line.strip():
            entries.append(line.strip())
    named = (" ".join(QUEUE_STATE.sub("", f"{entry} ").split()) for entry in entries)
    return [line for line in named if not IMPLIED_QUEUES.fullmatch(line)]

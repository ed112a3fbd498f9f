"""Questions to the kernel and to an interface that the faults of this layer ask before they change anything."""

from __future__ import annotations

import re
import shlex

from droplab.harness.contracts.change import Argv
from droplab.harness.contracts.node import Node
from droplab.harness.errors import UsageError

INTERFACE = r"^[\w.-]{1,15}$"


def accepts(node: Node, *commands: Argv) -> bool:
    """Whether this kernel takes the commands: tried in a network namespace of their own, which ends with them.

    About 5 ms. Nothing is done to the node; its only interface there is lo.
    """
    script = " && ".join(shlex.join(command) for command in commands)
    return node.run(("unshare", "--net", "sh", "-c", script), check=False).returncode == 0


def refuse_other_queue(kind: str, node: Node, interface: str, place: str = "root") -> None:
    """Raise UsageError when somebody put a queue (``root``, or ``clsact``) on the interface already."""
    shown = node.run(("tc", "qdisc", "show", "dev", interface)).stdout
    wanted = r"\w+" if place == "root" else f"{place}|ingress"
    where = "root" if place == "root" else "parent"
    if found := re.search(rf"^qdisc ({wanted}) (?!0:)[0-9a-f]+: {where}\b", shown, re.MULTILINE):
        raise UsageError(
            f"{kind}: {interface} of {node.name} has a {found[1]} queue already, whose place this would take; "
            "remove it first, or break another interface"
        )

"""The sockets that wait for strangers, as a snapshot tells them."""

from __future__ import annotations

from collections.abc import Mapping

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.model import Section
from droplab.harness.runtime.netlink import open_netlink
from droplab.harness.runtime.waiting_sockets import KINDS, NETLINK_SOCK_DIAG, waiting_sockets


def sockets(node: Node, names: Mapping[int, str]) -> Section:
    """ "tcp 0.0.0.0:80" to "backlog 511, 1 socket". Raises MachineLacks on a kernel that cannot tell."""
    found: dict[str, list[str]] = {}
    with open_netlink(node, NETLINK_SOCK_DIAG) as asking:
        seen = [(word, one) for word in KINDS for one in waiting_sockets(asking, word)]
    for word, one in seen:
        device = f"%{names.get(one.interface, one.interface)}" if one.interface else ""
        backlog = f"backlog {one.backlog}" if word == "tcp" else ""
        found.setdefault(f"{word} {one.address}:{one.port}{device}", []).append(backlog)
    return {"": {name: _counted(values) for name, values in sorted(found.items())}}


def _counted(backlogs: list[str]) -> str:
    count = "1 socket" if len(backlogs) == 1 else f"{len(backlogs)} sockets"
    return ", ".join([*sorted(set(filter(None, backlogs))), count])

"""A running lab in namespaces, opened by the process that started it or by another one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from droplab.harness.errors import Residue
from droplab.harness.runtime import cgroups
from droplab.harness.runtime.contract import LiveNode
from droplab.harness.runtime.netns_node import NetnsLabNode
from droplab.harness.runtime.node import NetnsNode
from droplab.harness.runtime.process_identity import ProcessIdentity


class NetnsLab:
    """Provisioned in namespaces.

    ``lifeline`` is the pipe whose end is the lab's, None for who has only opened it. One that ``outlives`` us is let
    go by ``close``: until then our death, while its faults are injected, is its end too.
    """

    def __init__(
        self,
        run_id: str,
        keeper: ProcessIdentity,
        init: ProcessIdentity,
        nodes: Iterable[NetnsLabNode],
        switch: NetnsNode,
        lifeline: int | None,
        *,
        outlives: bool = False,
    ) -> None:
        self._run_id = run_id
        self._keeper = keeper
        self._init = init
        self._inside = {node.name: node for node in nodes}
        self._lifeline = lifeline
        self._outlives = outlives
        self.nodes: Mapping[str, LiveNode] = self._inside
        self.switch = switch
        self._closed = False

    def record(self) -> dict[str, Any]:
        """Everything that another process needs to open the lab or to remove it."""
        return {
            "runtime": "netns",
            "run_id": self._run_id,
            "nodes": {name: node.record() for name, node in self._inside.items()},
            "init": asdict(self._init),
            "keeper": asdict(self._keeper),
        }

    def close(self) -> None:
        """End a foreground lab and wait until it is gone; let go of a started one. Idempotent."""
        if self._closed:
            return
        self._closed = True
        for node in (*self._inside.values(), self.switch):
            node.close()
        if self._lifeline is None:
            return
        if self._outlives:
            with suppress(BrokenPipeError):  # it has ended already
                os.write(self._lifeline, b"begun\n")
        os.close(self._lifeline)
        if not self._outlives and (left := end(self._run_id, self._keeper, self._init)):
            raise Residue("; ".join(left))


def end(run_id: str, keeper: ProcessIdentity | None, init: ProcessIdentity | None) -> list[str]:
    """Kill what still runs of a lab and wait until it is gone; what is left, in words."""
    for process in (keeper, init):
        if process:
            process.end()
    return [f"cgroup {folder}" for folder in cgroups.find(run_id).remove()]

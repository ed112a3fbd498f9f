"""How full the node's connection tracking table is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import ClassVar

from pydantic import field_validator

from droplab.harness.contracts.measurement import Measurement, Metric
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.probe import Probe

COUNT = "/proc/sys/net/netfilter/nf_conntrack_count"
MAX = "/proc/sys/net/netfilter/nf_conntrack_max"
STATISTICS = "/proc/net/stat/nf_conntrack"


class ConntrackUsage(Probe):
    """The node's own entries as a share of the machine's limit, 0..1. 0 where the kernel does not track at all."""

    metrics: ClassVar[Mapping[str, Metric]] = {"usage": Metric.GAUGE, "entries": Metric.COUNT}

    @field_validator("target", "count")
    @classmethod
    def _nothing(cls, value: object) -> object:
        if value:
            raise ValueError(f"conntrack_usage reads its own node and takes no target and no count, got {value!r}")
        return value

    def measure(self, node: Node) -> Measurement:
        """Read the table's size and limit."""
        started = time.perf_counter()
        try:
            entries, limit = int(node.read(COUNT)), int(node.read(MAX))
        except FileNotFoundError:
            entries, limit = 0, 0
        usage = entries / limit if limit else 0.0
        details = {"max": limit, **_drops(node)}
        return Measurement({"usage": usage, "entries": entries}, details, time.perf_counter() - started)


def _drops(node: Node) -> dict[str, int]:
    """``drop`` and ``early_drop``, summed over the CPUs."""
    try:
        header, *rows = node.read(STATISTICS).splitlines()
    except FileNotFoundError:
        return {}
    columns = header.split()
    return {
        name: sum(int(row.split()[columns.index(name)], 16) for row in rows)
        for name in ("drop", "early_drop")
        if name in columns
    }

"""The shape of a snapshot: plain text in three steps, so that it is equal, printed and kept in the run file alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Group = dict[str, str] | list[str]
"""Named values, or lines whose order counts."""
Section = dict[str, Group]
"""Item (an interface, a table, a folder of /proc/sys) to its group. The empty name is for a section of one item."""


@dataclass(frozen=True)
class Snapshot:
    """Node name to section name to section."""

    nodes: Mapping[str, Mapping[str, Section]]

    def to_json(self) -> dict[str, Any]:
        """As one JSON object, for the run file."""
        return {"nodes": {name: dict(sections) for name, sections in self.nodes.items()}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Snapshot:
        """What ``to_json`` gave."""
        return cls(value["nodes"])

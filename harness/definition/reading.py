"""What every part of a definition is read with: the names that it may mention, and where its problems go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from droplab.harness.definition import folder
from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.definition.draws import Draws
from droplab.harness.definition.problems import Problems
from droplab.harness.definition.substitution import Parameters, substitute_in_file
from droplab.harness.definition.yaml_positions import Trail


@dataclass(frozen=True)
class Reading:
    """One definition being read. A set of names is None where its section cannot be read: then any name will do.

    The names are those written, so that an entry with a mistake is not unknown as well.
    """

    folder: Path
    catalogue: Catalogue
    parameters: Parameters
    problems: Problems
    nodes: Collection[str] | None
    faults: Collection[str] | None
    probes: Collection[str] | None
    draws: Draws

    def is_node(self, name: Any, trail: Trail, *, also: tuple[str, ...] = (), of_key: bool = False) -> bool:
        """Whether ``name`` is a node of the lab or one of ``also``; else it is a problem."""
        if not isinstance(name, str):
            self.problems.add(trail, "expected the name of a node", name)
            return False
        return name in also or self._known("node", name, self.nodes, trail, also, of_key=of_key)

    def is_fault(self, name: str, trail: Trail) -> bool:
        """Whether ``name`` is the key of a fault; else it is a problem."""
        return self._known("fault of this lab", name, self.faults, trail)

    def is_probe(self, name: str, trail: Trail) -> bool:
        """Whether ``name`` is the key of a probe; else it is a problem."""
        return self._known("probe of this lab", name, self.probes, trail)

    def _known(
        self,
        what: str,
        name: str,
        known: Collection[str] | None,
        trail: Trail,
        also: tuple[str, ...] = (),
        *,
        of_key: bool = False,
    ) -> bool:
        if known is None or name in known:
            return True
        self.problems.unknown_value(trail, what, name, chain(known, also), of_key=of_key)
        return False

    def text(self, words: str, trail: Trail) -> tuple[str, str | None]:
        """A text, and the name of the file of the folder that it stands in, if any. ``$name`` is replaced in both."""
        try:
            text, file = folder.text(self.folder, words)
        except folder.NotInFolder as error:
            self.problems.add(trail, str(error), words)
            return "", None
        if file is None:
            return text, None
        name = folder.shown(self.folder / file)
        return substitute_in_file(text, name, self.parameters, self.problems), name


def names(section: Any) -> Collection[str] | None:
    """The keys of a section as written; None when it is no mapping. A section that is not there has none."""
    if section is None:
        return ()
    return section.keys() if isinstance(section, dict) else None

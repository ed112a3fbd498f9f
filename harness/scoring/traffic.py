"""The traffic that flows while a tool looks: what users of the network do, the same in every phase."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.errors import NodeLost
from droplab.harness.scoring.stage import Stage
from droplab.harness.scoring.tool import Traffic

SYNS = 200
"""With 3 % lost, 6 are, on average: about what a person would count."""
WAIT_S = 1.0


def flow(stage: Stage, kinds: Iterable[Traffic], catalogue: Catalogue) -> None:
    """Send it from the client to the server, one kind after the other; what becomes of it is not looked at."""
    client = stage.nodes[stage.client]
    for kind in kinds:
        if found := _probe(stage, kind):
            try:
                catalogue.probe(found[0])(**found[1]).measure(client)
            except (NodeLost, OSError):
                continue  # a link that is down is a fault of the catalogue, not of the trial


def _probe(stage: Stage, kind: Traffic) -> tuple[str, dict[str, Any]] | None:
    """The probe that makes this traffic, and its parameters."""
    match kind:
        case "syn":
            return "syn", {"target": f"{stage.server}:80", "count": SYNS, "deadline_s": 0.1}
        case "linux_syn":
            return "syn", {"target": f"{stage.server}:80", "count": SYNS, "deadline_s": 0.1, "options": "linux"}
        case "http":
            return "http", {"target": f"http://{stage.server}/", "timeout_s": WAIT_S}
        case "name":
            url = f"http://{stage.name}/"
            return ("http", {"target": url, "timeout_s": WAIT_S, "resolve": "node"}) if stage.name else None
        case "ping":
            return "ping", {"target": stage.server, "count": 50, "deadline_s": 0.1}

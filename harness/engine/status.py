"""What runs at the moment, for the people in the room."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from droplab.harness.engine.events import Silent
from droplab.harness.engine.measure import Measurer
from droplab.harness.engine.runfile import Run, last
from droplab.harness.engine.started import StartedLab, age_s, open_started, started
from droplab.harness.errors import DroplabError


@dataclass(frozen=True)
class Status:
    """A running lab. ``symptoms`` is None where it was not measured, ``causes`` None without spoilers."""

    name: str
    lab: str
    runtime: str
    age_s: float
    ttl_left_s: float
    nodes: dict[str, str]
    """Node name to "up" or what is wrong with it."""
    symptoms: tuple[str, ...] | None
    causes: tuple[str, ...] | None
    problem: str = ""
    """Why it could not be looked into, if so."""

    def to_json(self) -> dict[str, Any]:
        """As one JSON object."""
        return asdict(self)


def overview(*, spoilers: bool) -> list[Status]:
    """Every running lab, without measuring."""
    return [_status(run, spoilers=spoilers, measure=False) for run in started()]


def detail(name: str, *, spoilers: bool) -> Status:
    """One running lab, with what hurts now. Raises UsageError or NodeLost."""
    return _describe(open_started(name), spoilers=spoilers, measure=True)


def _status(run: Run, *, spoilers: bool, measure: bool) -> Status:
    try:
        return _describe(open_started(run.header["name"]), spoilers=spoilers, measure=measure)
    except DroplabError as error:
        header, age = run.header, age_s(run)
        nodes = dict.fromkeys(last(run.records, "nodes") or [], "unknown")
        left = header["ttl_s"] - age
        return Status(header["name"], header["lab"], header["runtime"], age, left, nodes, None, None, str(error))


def _describe(lab: StartedLab, *, spoilers: bool, measure: bool) -> Status:
    header, age = lab.run.header, age_s(lab.run)
    return Status(
        name=header["name"],
        lab=header["lab"],
        runtime=header["runtime"],
        age_s=age,
        ttl_left_s=header["ttl_s"] - age,
        nodes={
            name: "up" if node.alive() else "lost: droplab reset makes it anew" for name, node in lab.live.nodes.items()
        },
        symptoms=_symptoms(lab) if measure else None,
        causes=tuple(lab.present()) if spoilers else None,
    )


def _symptoms(lab: StartedLab) -> tuple[str, ...]:
    checks = Measurer(lab.lab, lab.nodes, Silent()).checks(lab.lab.healthy, lab.lab.always)
    return tuple(f"{check.probe}: {check.observed}" for check in checks if check.verdict != "pass")

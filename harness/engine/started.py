"""Started labs as another process finds them: by name, through their run file."""

from __future__ import annotations

import difflib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from droplab.harness.contracts.change import Change
from droplab.harness.definition.lab import Lab
from droplab.harness.engine.clean import runtime_named
from droplab.harness.engine.runfile import Record, Run, last, runs, unsettled
from droplab.harness.engine.snapshot import Snapshot
from droplab.harness.errors import UsageError

if TYPE_CHECKING:
    from droplab.harness.runtime.contract import KnownNode, Provisioned


@dataclass(frozen=True)
class InjectedChange:
    """A fault of a started lab as the journal has it."""

    key: str
    node: str
    change: Change


@dataclass(frozen=True)
class StartedLab:
    """A running lab, opened from another process."""

    run: Run
    lab: Lab
    live: Provisioned
    changes: tuple[InjectedChange, ...]
    baseline: Snapshot
    broken: Snapshot

    @property
    def nodes(self) -> Mapping[str, KnownNode]:
        """The nodes and the switch by name."""
        return {**self.live.nodes, "switch": self.live.switch}

    def present(self) -> list[str]:
        """The keys of the faults that are still there."""
        return [fault.key for fault in self.changes if fault.change.present.holds(self.nodes[fault.node])]


def started() -> list[Run]:
    """Every started lab that is alive."""
    return [run for run in runs() if run.state == "started" and run.alive]


def find(name: str) -> Run:
    """The started lab of that name. Raises UsageError with the nearest names."""
    running = started()
    for run in running:
        if run.header["name"] == name:
            return run
    dead = [run for run in runs() if run.state == "started" and run.header["name"] == name]
    if dead:
        raise UsageError(f"lab {name} has ended; `droplab clean` removes what is left, `droplab start` begins anew")
    names = [run.header["name"] for run in running]
    near = difflib.get_close_matches(name, names, n=1)
    known = f"did you mean {near[0]}?" if near else f"running: {', '.join(names) or 'none; droplab start LAB'}"
    raise UsageError(f"no running lab is called {name!r}; {known}")


def definition(run: Run) -> Lab:
    """The lab's definition with the parameters that it was started with.

    Raises UsageError when the folder has changed since: what runs would not be what is judged.
    """
    from droplab.harness.definition.loader import load

    header = run.header
    lab = load(Path(header["folder"]), seed=header["seed"], overrides=header["overrides"])
    if lab.digest != header["digest"]:
        raise UsageError(
            f"the definition of lab {header['lab']} changed after {header['name']} was started; "
            f"droplab stop {header['name']}, then start it anew"
        )
    return lab


def open_started(name: str) -> StartedLab:
    """Open a running lab by name. Raises UsageError or NodeLost."""
    run = find(name)
    lab = definition(run)
    live = runtime_named(run.header["runtime"]).reopen(lab, _value(run, "live"))
    changes = tuple(
        InjectedChange(intent["label"], intent["target"]["node"], Change.from_json(intent["change"]))
        for intent in unsettled(run.records)
        if intent["target"]["node"] != "host"
    )
    baseline, broken = (Snapshot.from_json(_value(run, key)) for key in ("baseline", "broken"))
    return StartedLab(run, lab, live, changes, baseline, broken)


def live_only(name: str) -> Provisioned:
    """Just the nodes, for a shell."""
    run = find(name)
    return runtime_named(run.header["runtime"]).reopen(definition(run), _value(run, "live"))


def _value(run: Run, key: str) -> Record:
    value = last(run.records, key)
    if value is None:
        raise UsageError(f"lab {run.header['name']} is still starting; try again in a second")
    return dict(value)


def age_s(run: Run) -> float:
    """Seconds since the lab was started."""
    return float(time.time() - run.header["started"])

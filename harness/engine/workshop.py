"""Starting, resetting and stopping labs for people who troubleshoot in them."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from droplab.harness.definition.lab import Lab
from droplab.harness.engine import runfile
from droplab.harness.engine.clean import runtime_named, settle
from droplab.harness.engine.events import Listener
from droplab.harness.engine.runfile import Run, RunFile
from droplab.harness.engine.runner import Runner
from droplab.harness.engine.session import Session
from droplab.harness.engine.signals import held, interruptible
from droplab.harness.engine.snapshot import take
from droplab.harness.engine.started import definition, find, started
from droplab.harness.errors import Ineffective, Residue, UsageError
from droplab.harness.runtime.contract import Lifetime

if TYPE_CHECKING:
    from droplab.harness.definition.catalogue import Catalogue
    from droplab.harness.runtime.contract import Runtime

STOP_WITHIN_S = 20.0


@dataclass(frozen=True)
class Order:
    """What to start, as the person asked for it."""

    lab: Lab
    name: str
    ttl_s: float
    overrides: dict[str, str]

    def header(self, runtime: Runtime) -> dict[str, Any]:
        """The first record of the run file: all that is needed to open or reset the lab later."""
        return {
            "state": "started",
            "name": self.name,
            "lab": self.lab.id,
            "nodes": list(self.lab.nodes),
            "folder": str(self.lab.folder.resolve()),
            "digest": self.lab.digest,
            "seed": self.lab.seed,
            "overrides": self.overrides,
            "runtime": runtime.name,
            "ttl_s": self.ttl_s,
        }


def refuse_taken(name: str) -> None:
    """Raise UsageError when a running lab has that name."""
    for run in started():
        if run.header["name"] == name:
            raise UsageError(
                f"the name {name} is taken by a running lab; droplab stop {name}, or start this one with --name OTHER"
            )


def start(order: Order, runtime: Runtime, catalogue: Catalogue, listener: Listener) -> None:
    """Prove the lab in a rehearsal, then start it fresh, so that every counter a student sees begins near zero."""
    refuse_taken(order.name)
    rehearse(order, runtime, catalogue, listener)
    begin(order, runtime, catalogue)


def rehearse(order: Order, runtime: Runtime, catalogue: Catalogue, listener: Listener) -> None:
    """Run the lab up to ``broken`` and throw it away. Raises Ineffective when it is not broken as described."""
    report = Runner(order.lab, runtime, catalogue, listener, captures=None, reproduce="", solve=False).run()
    if report.residue:
        raise Residue("; ".join(report.residue))
    if report.verdict != "pass":
        failed = [
            f"{phase.name}: {check.probe} {check.metric}: expected {check.expected}, observed {check.observed}"
            for phase in report.phases
            for check in phase.checks
            if check.verdict != "pass"
        ]
        raise Ineffective(
            f"lab {order.lab.id} does not behave here as its definition says, so nothing was started: "
            f"{report.why or '; '.join(failed)}. `droplab run {order.lab.id}` shows more"
        )


def begin(order: Order, runtime: Runtime, catalogue: Catalogue) -> None:
    """Start the lab and break it, without any traffic of ours."""
    with runfile.exclusive():
        refuse_taken(order.name)
        run = RunFile.create(order.header(runtime))
    session = Session(order.lab, runtime, run, catalogue)
    with interruptible():
        try:
            at_end = (sys.executable, "-m", "droplab", "clean", "--run", run.id)
            session.open(Lifetime(order.ttl_s, run.fd, at_end))
            session.take_baseline()
            for use in order.lab.faults.values():
                session.inject_unproven(use)
            run.write({"broken": take(session.live.nodes, session.live.switch).to_json()})
            run.write({"ready": time.time()})
        except BaseException:
            with held():
                session.abandon()
            raise
    session.live.close()
    run.release()


def stop(run: Run) -> None:
    """Stop a started lab and wait until nothing of it is left. Raises Residue."""
    runtime = runtime_named(run.header["runtime"])
    live = runfile.last(run.records, "live") or runfile.last(run.records, "provision")
    residue = runtime.destroy(live) if live else []
    deadline = time.monotonic() + STOP_WITHIN_S
    while run.path.exists() and time.monotonic() < deadline:
        adopted = RunFile.adopt(run.path)
        if adopted is None:
            time.sleep(0.02)
            continue
        residue += settle(adopted)[1]
        if not residue:
            adopted.remove()
        adopted.release()
        break
    if residue or run.path.exists():
        raise Residue(
            f"lab {run.header['name']}: {'; '.join(residue) or 'its holder does not let go of ' + str(run.path)}"
        )


def reset(name: str, catalogue: Catalogue) -> Order:
    """Stop the lab and start it again with the same draw; it was proven when it was started."""
    run = find(name)
    header = run.header
    order = Order(definition(run), name, header["ttl_s"], header["overrides"])
    runtime = runtime_named(header["runtime"])
    stop(run)
    begin(order, runtime, catalogue)
    return order


def seconds(text: str) -> float:
    """A duration such as 90s, 30m, 4h, 2d. Raises UsageError."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isdigit() or int(number) == 0:
        raise UsageError(f"--ttl: a number with s, m, h or d, such as 4h or 90m (got {text})")
    return float(int(number) * units[unit])

"""One run of a lab from healthy to broken to repaired to gone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from droplab.harness.contracts.measurement import Measurement
from droplab.harness.definition.lab import Expectations, Lab, Step
from droplab.harness.engine.capture import Captures
from droplab.harness.engine.environment import facts
from droplab.harness.engine.events import Listener
from droplab.harness.engine.looking import look, repair
from droplab.harness.engine.measure import Measurer
from droplab.harness.engine.report import Evidence, FaultReport, Phase, Report, Verdict
from droplab.harness.engine.runfile import RunFile
from droplab.harness.engine.session import Session
from droplab.harness.engine.signals import Interrupted, held, interruptible
from droplab.harness.engine.snapshot import Difference
from droplab.harness.errors import DroplabError, Ineffective, MachineLacks
from droplab.harness.runtime.contract import Lifetime
from droplab.harness.verdict.judge import Check

if TYPE_CHECKING:
    from droplab.harness.definition.catalogue import Catalogue
    from droplab.harness.runtime.contract import Runtime

EQUAL_WITHIN_S = 3.0


@dataclass
class Log:
    """What a run has found so far."""

    phases: list[Phase] = field(default_factory=list)
    faults: dict[str, FaultReport] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    why: str = ""
    verdict: Verdict | None = None
    """Set when the run ended early; otherwise the checks decide."""


@dataclass
class Draft:
    """A phase while it goes on."""

    name: str
    because: str = ""
    checks: list[Check] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    measurements: dict[str, Measurement] = field(default_factory=dict)


class Runner:
    """Replays one lab. Use once."""

    def __init__(
        self,
        lab: Lab,
        runtime: Runtime,
        catalogue: Catalogue,
        listener: Listener,
        *,
        captures: Path | None,
        reproduce: str,
        solve: bool = True,
    ) -> None:
        self._lab = lab
        self._runtime = runtime
        self._catalogue = catalogue
        self._listener = listener
        self._captures = captures
        self._reproduce = reproduce
        self._solve = solve
        self._log = Log()
        self._began = time.monotonic()

    def run(self) -> Report:
        """The whole story. Raises Interrupted after the teardown; DroplabError only before anything was started."""
        lab, started = self._lab, datetime.now(UTC)
        run = RunFile.create({"state": "foreground", "lab": lab.id, "runtime": self._runtime.name, "seed": lab.seed})
        session = Session(lab, self._runtime, run, self._catalogue)
        residue: list[str] = []
        try:
            with interruptible(self._listener.tearing_down):
                try:
                    self._tell(session)
                finally:
                    with held():
                        self._listener.tearing_down()
                        residue = session.close()
        except Interrupted as signal:
            self._listener.interrupted(str(signal))
            raise
        return self._report(started, residue)

    def _tell(self, session: Session) -> None:
        self._listener.started(self._lab, self._runtime.name, self._lab.seed)
        try:
            session.open(Lifetime())
            self._story(session)
        except MachineLacks:
            raise
        except Ineffective as error:
            self._end("fail", str(error))
        except DroplabError as error:
            self._end("error", str(error))

    def _end(self, verdict: Verdict, why: str) -> None:
        self._log.verdict, self._log.why = verdict, why

    def _story(self, session: Session) -> None:
        lab = self._lab
        with self._phase(session, "healthy") as draft:
            self._expect(session, draft, lab.healthy, lab.always)
        if any(check.verdict != "pass" for check in draft.checks):
            self._log.why = "the lab is not healthy before anything was injected; nothing was injected"
            return
        session.take_baseline()
        for use in lab.faults.values():
            self._listener.fault_planned(use.key, use.fault.plan(session.nodes[use.node]).words())
            proven = session.inject(use)
            self._log.faults[use.key] = proven
            self._log.commands += [f"{use.node}: {words}" for words in proven.commands]
            self._listener.fault_proven(proven)
        with self._phase(session, "broken") as draft:
            self._expect(session, draft, lab.broken, lab.always)
            draft.checks += self._still_present(session)
        if self._solve:
            self._repair(session)

    def _repair(self, session: Session) -> None:
        for step in self._lab.solution:
            self._step(session, step)
        with self._phase(session, "gone") as draft:
            self._expect(session, draft, self._lab.healthy, self._lab.always)
            self._check(draft, self._equal(session))

    def _step(self, session: Session, step: Step) -> None:
        with self._phase(session, step.title, step.because) as draft:
            for what in step.look:
                self._show(draft, look(session.live, what))
            for node, command in step.run:
                self._log.commands.append(f"{node}: {command}")
                self._show(draft, repair(session.live, node, command))
            for key in step.removes:
                self._removed(session, draft, key)
            self._expect(session, draft, step.expect)

    def _show(self, draft: Draft, evidence: Evidence) -> None:
        draft.evidence.append(evidence)
        self._listener.evidence(evidence)
        if not evidence.held:
            ended = f"exit status {evidence.returncode}" if evidence.returncode else "it does not"
            check = Check.of_state(
                f"{evidence.node}# {evidence.command}", evidence.expected or "ends with status 0", ended
            )
            self._check(draft, check)

    def _removed(self, session: Session, draft: Draft, key: str) -> None:
        gone = not session.present(key)
        self._log.faults[key] = replace(self._log.faults[key], gone=gone)
        if not gone:
            self._check(draft, Check.of_state(key, "removed by this step", "still there"))

    def _still_present(self, session: Session) -> list[Check]:
        """A fault that vanished by itself is not a repair."""
        return [
            Check.of_state(key, "still there at the end of the phase", "it vanished by itself")
            for key in session.injected
            if not session.present(key)
        ]

    def _equal(self, session: Session) -> Check:
        deadline = time.monotonic() + EQUAL_WITHIN_S
        while (differences := session.differences()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return equality(differences)

    def _expect(self, session: Session, draft: Draft, *expectations: Expectations) -> None:
        session.settle()
        measurer = Measurer(self._lab, session.nodes, self._listener)
        for check in measurer.checks(*expectations):
            self._check(draft, check)
        draft.measurements.update(measurer.measurements)

    def _check(self, draft: Draft, check: Check) -> None:
        draft.checks.append(check)
        self._listener.check(check)

    @contextmanager
    def _phase(self, session: Session, name: str, because: str = "") -> Iterator[Draft]:
        draft, began = Draft(name, because), time.monotonic()
        self._listener.phase_started(name)
        captures = Captures(self._captures, f"{len(self._log.phases)}-{name}", session.live.nodes)
        with captures:
            yield draft
        phase = Phase(
            name=name,
            checks=tuple(draft.checks),
            evidence=tuple(draft.evidence),
            measurements=draft.measurements,
            because=because,
            started_s=began - self._began,
            duration_s=time.monotonic() - began,
            captures=captures.files,
        )
        self._log.phases.append(phase)
        self._listener.phase_ended(phase)

    def _report(self, started: datetime, residue: list[str]) -> Report:
        lab, log = self._lab, self._log
        return Report(
            lab=lab.id,
            title=lab.title,
            story=lab.story,
            runtime=self._runtime.name,
            seed=lab.seed,
            parameters=lab.parameters,
            started=started.isoformat(timespec="seconds"),
            duration_s=time.monotonic() - self._began,
            verdict=verdict(log, residue),
            why=log.why,
            phases=tuple(log.phases),
            faults=tuple(log.faults.values()),
            residue=tuple(residue),
            commands=tuple(log.commands),
            environment=facts({"definition": f"sha256:{lab.digest}"}),
            reproduce=self._reproduce,
            topology=topology(lab),
        )


def equality(differences: list[Difference]) -> Check:
    """The check that every section of the snapshot equals the baseline."""
    if not differences:
        return Check.of_state("snapshot", "equal to the baseline", "equal", verdict="pass")
    return Check.of_state("snapshot", "equal to the baseline", "; ".join(item.words for item in differences))


def verdict(log: Log, residue: list[str]) -> Verdict:
    """error before fail before inconclusive before pass."""
    if log.verdict:
        return log.verdict
    verdicts = {check.verdict for phase in log.phases for check in phase.checks}
    if residue:
        return "error"
    return "fail" if "fail" in verdicts or log.why else "inconclusive" if "inconclusive" in verdicts else "pass"


def topology(lab: Lab) -> Mapping[str, str]:
    """Node name to its addresses."""
    return {name: ", ".join(str(address) for _, address in node.interfaces) for name, node in lab.nodes.items()}

"""The live view of a run in a terminal; plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich import console as terminal
from rich.text import Text

from droplab.harness.definition.lab import Lab, Step
from droplab.harness.engine.report import Evidence, FaultReport, Phase, Report
from droplab.harness.render import topology, words
from droplab.harness.render.lines import BAD, INDENT, Lines, mark, stdout, style
from droplab.harness.render.live import LiveLine, Progress
from droplab.harness.verdict.judge import Check

__all__ = ["Console", "Progress"]

SIDES = ("artifact", "trace", "symptom", "control")
QUOTED_LINES = 2
LONGEST = 240  # characters of one finding; report.html has the rest


class Console:
    """Draws a run while it goes on: a Listener of the engine.

    Inside of a ``with`` block a terminal also shows what is being measured right now; a pipe never does.
    """

    def __init__(self, console: terminal.Console | None = None) -> None:
        self._lines = Lines(console or stdout())
        self._live = LiveLine(self._lines.console)
        self._steps: dict[str, tuple[int, Step]] = {}
        self._ruled_out: set[tuple[str, str]] = set()
        self._phase = ""
        self._tearing_down = False

    def __enter__(self) -> Self:
        self._live.allow()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.close()

    def started(self, lab: Lab, runtime: str, seed: int) -> None:
        """The lab's title and network."""
        self._steps = {step.title: (number, step) for number, step in enumerate(lab.solution, 1)}
        self._ruled_out = {(probe, metric) for probe, metrics in lab.always.items() for metric in metrics}
        title = Text.assemble(("lab ", "dim"), (lab.id, "bold"), "  ", (words.clean(lab.title), "bold"))
        self._lines.both(title, Text(f"{runtime} · seed {seed}", "dim"))
        for line in topology.summary(topology.of_lab(lab)):
            self._lines.write(Text(f"  {line}", "dim"))
        self._lines.write()

    def phase_started(self, name: str) -> None:
        """A step's title is printed now, since its evidence follows; other phases when they end."""
        self._phase = name
        self._live.show(name)
        if name in self._steps:
            number, step = self._steps[name]
            because = f" because {words.clean(step.because)}" if step.because else ""
            self._lines.hang(
                Text(f"  step {number}", "cyan"), Text.assemble((words.clean(name), "bold"), (because, "dim"))
            )

    def measuring(self, probe: str, note: str = "") -> None:
        """What goes on right now; only on a terminal."""
        self._live.show(self._phase, f"{probe} {note}".strip())

    def check(self, check: Check) -> None:
        """A finding on the live line; the phase's end prints them all."""
        self._live.show(self._phase, words.finding(check))

    def fault_planned(self, key: str, commands: Sequence[str]) -> None:
        """The fault that is being injected, on the live line."""
        self._phase = "inject"
        self._live.show(self._phase, f"{key}: {'; '.join(commands)}")

    def fault_proven(self, fault: FaultReport) -> None:
        """The fault's commands, and the four sides of its proof."""
        sides = [(name, *words.side(getattr(fault.proof, name))) for name in SIDES]
        bad = any(state == "failed" for _, state, _ in sides)
        commands = words.clean("; ".join(fault.commands))
        body = Text.assemble((words.clean(fault.key), "bold"), (f" on {fault.node}  ", "dim"), commands)
        self._lines.hang(self._label("inject", "fail" if bad else "pass"), body)
        items = (
            Text.assemble((f"{name} ", "dim"), mark(state), f" {rest}" if rest else "") for name, state, rest in sides
        )
        self._lines.flow(Text("  proof", "dim"), items)

    def evidence(self, evidence: Evidence) -> None:
        """A command of the solution and the lines of its output that tell something."""
        body = Text.assemble((f"{evidence.node}# ", "dim"), words.cut(words.clean(evidence.command), LONGEST))
        if not evidence.held:
            body.append(f"  {words.MARKS['fail']} {words.unheld(evidence)}", BAD)
        self._lines.hang(Text(), body)
        for line in words.quoted(evidence, QUOTED_LINES, self._lines.room - 2):
            self._lines.hang(Text(), Text(f"  {line}", "dim italic"))

    def phase_ended(self, phase: Phase) -> None:
        """All findings of the phase on one line; each that does not hold on lines of its own, with what to do."""
        name = "" if phase.name in self._steps else phase.name
        label = self._label(name, words.worst(phase))
        self._lines.flow(label, self._findings(phase), words.duration(phase.duration_s))
        for check in phase.checks:
            if check.verdict != "pass":
                self._problem(check)

    def _findings(self, phase: Phase) -> list[Text]:
        good = [check for check in phase.checks if check.verdict == "pass"]
        if len(good) < len(phase.checks) and not good:
            return [Text("not as expected", BAD)]
        if not good:
            return [Text("shown and done")]
        return [self._finding(check, phase) for check in good]

    def _finding(self, check: Check, phase: Phase) -> Text:
        ruled_out = phase.name == "broken" and (check.probe, check.metric) in self._ruled_out
        return Text.assemble(words.cut(words.finding(check), LONGEST), (" (ruled out)" if ruled_out else "", "dim"))

    def _problem(self, check: Check) -> None:
        observed, expected = (words.cut(words.clean(str(text)), LONGEST) for text in (check.observed, check.expected))
        head = Text.assemble(mark(check.verdict), f" {words.clean(words.subject(check))}  ")
        body = Text.assemble(("observed ", "dim"), (observed, "bold"), ("  expected ", "dim"), expected)
        self._lines.hang(Text(), Text.assemble(head, body))
        if why := words.advice(check):
            self._lines.hang(Text(), Text(f"  {words.cut(why, LONGEST)}", style(check.verdict)))

    def tearing_down(self) -> None:
        """On the live line; said aloud when a signal asks again."""
        if self._tearing_down:
            self._lines.write(Text("still taking the lab down: nothing may be left behind", "yellow"))
        self._tearing_down = True
        self._live.show("taking the lab down")

    def interrupted(self, signal: str) -> None:
        """The run ended early, and the lab is gone."""
        self._live.close()
        self._lines.write(Text(f"{signal}: the lab was taken down", "yellow"))

    def finished(self, report: Report, files: Sequence[Path] = ()) -> None:
        """The verdict, where the reports are, and how to repeat it."""
        self._live.close()
        self._lines.write()
        left = "" if report.residue else " · nothing left behind"
        took = Text.assemble(f"in {words.duration(report.duration_s)}", (left, "dim"))
        self._lines.hang(Text(report.verdict.upper(), f"bold {style(report.verdict)}"), took)
        if report.why:
            self._lines.hang(Text(), Text(words.clean(report.why), style(report.verdict)))
        for line in report.residue:
            self._lines.hang(Text("residue", BAD), words.clean(line))
        if files:
            first = next((file for file in files if file.suffix == ".html"), files[0])
            others = ", ".join(file.name for file in files if file != first)
            self._lines.hang(
                Text("report", "dim"), Text.assemble(str(first), (f"  also {others}" * bool(others), "dim"))
            )
        elif report.verdict != "pass":
            self._lines.hang(Text("look", "dim"), "--report DIR --pcap keeps each command's output and every packet")
        if report.reproduce:
            self._lines.hang(Text("again", "dim"), words.clean(report.reproduce))

    def _label(self, name: str, verdict: str) -> Text:
        return Text.assemble(mark(verdict), (f" {words.cut(words.clean(name), INDENT - 3)}" if name else "", "bold"))

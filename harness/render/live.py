"""The last line of a terminal while something goes on: a spinner and what is being measured right now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich import console as terminal
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from droplab.harness.engine.events import Silent
from droplab.harness.engine.report import Report
from droplab.harness.render import words
from droplab.harness.render.lines import stdout


class LiveLine:
    """A line that is drawn over and taken away at the end. It needs ``allow()`` and a terminal, else it is never seen.

    A thread turns the spinner, so the line begins with the first ``show()``, after the nodes' processes were forked.
    """

    def __init__(self, console: terminal.Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._spinner = Spinner("dots", style="cyan")
        self._allowed = False

    def allow(self) -> None:
        """Whoever calls this also calls ``close()``."""
        console = self._console
        unicode = console.encoding.lower().startswith("utf")  # the spinner is made of it
        self._allowed = console.is_interactive and not console.is_dumb_terminal and unicode

    def show(self, what: str, note: str = "") -> None:
        """Draw the line anew."""
        if not self._allowed:
            return
        room = self._console.width - 6
        head = words.cut(words.clean(what), 40)
        tail = words.cut(words.clean(note), max(room - len(head), 10))
        self._spinner.update(text=Text.assemble((head, "bold"), "  ", (tail, "dim")))
        if self._live is None:
            # The streams stay as they are: others write to them by file descriptor.
            self._live = Live(
                self._spinner, console=self._console, transient=True, redirect_stdout=False, redirect_stderr=False
            )
            self._live.start()
        self._live.refresh()

    def close(self) -> None:
        """Take the line away for good. Idempotent."""
        self._allowed = False
        if self._live:
            self._live.stop()
            self._live = None


class Progress(Silent):
    """A Listener that gives nothing away: what goes on is shown while it does, and no finding stays on the screen.

    For ``start``, whose reader is to find the causes, and for ``check``, which prints its own verdicts.
    """

    def __init__(self, console: terminal.Console | None = None) -> None:
        self._live = LiveLine(console or stdout())

    def __enter__(self) -> Self:
        self._live.allow()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.close()

    def phase_started(self, name: str) -> None:
        """That the healthy or the broken lab is being examined."""
        self._live.show(f"rehearsal: the {name} lab" if name in {"healthy", "broken"} else "rehearsal")

    def measuring(self, probe: str, note: str = "") -> None:
        """The probe, which a reader knows from the story's definition anyway."""
        self._live.show("measuring", f"{probe} {note}".strip())

    def fault_planned(self, key: str, commands: Sequence[str]) -> None:  # noqa: ARG002 (they are what is to be found)
        """That something is being broken, not what."""
        self._live.show("breaking it, and proving that it is broken")

    def tearing_down(self) -> None:
        """That the rehearsal ends."""
        self._live.show("taking the rehearsal down")

    def finished(self, report: Report, files: Sequence[Path] = ()) -> None:  # noqa: ARG002 (its findings are causes)
        """The line is taken away."""
        self._live.close()

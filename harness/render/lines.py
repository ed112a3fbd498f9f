"""Lines of a terminal or of a pipe: a column of labels, and beside it text that wraps in a column of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from rich.console import Console, RenderableType
from rich.text import Text

from droplab.harness.render import words

WIDTH = 120
INDENT = 13
STYLES: Mapping[str, str] = MappingProxyType(
    {"pass": "green", "ok": "green", "inconclusive": "yellow", "none": "dim", "unproven": "dim"}
)
BAD = "bold red"
ASCII = str.maketrans("✓✗○·•─═│┌┐└┘┬╧╪→…±", "+Xo.*-=|+++++++>~~")


def stdout() -> Console:
    """The console of this process: as wide as the terminal up to 120 columns, 120 in a pipe, no ANSI there."""
    console = Console(highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


def style(verdict: str) -> str:
    """The colour of a verdict or of a proof's state."""
    return STYLES.get(verdict, BAD)


def mark(verdict: str) -> Text:
    """The sign of a verdict or of a proof's state."""
    return Text(words.MARKS.get(verdict, "!"), style(verdict))


class Lines:
    """Prints rows to a console; in ASCII where its encoding has no more. No markup is ever read."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.room = console.width - INDENT
        self._ascii = not (console.encoding or "").lower().startswith("utf")

    def write(self, line: Text | str = "") -> None:
        """One line as it is, without blanks at its end."""
        text = Text(line) if isinstance(line, str) else line.copy()
        text.rstrip()
        self.console.print(Text(in_ascii(text.plain)) if self._ascii else text, overflow="fold", crop=False)

    def block(self, renderable: RenderableType) -> None:
        """A table or a text with Markdown; in a pipe without the blanks that rich fills its lines with."""
        if self.console.is_terminal and not self._ascii:
            self.console.print(renderable)
            return
        with self.console.capture() as captured:
            self.console.print(renderable)
        for line in captured.get().splitlines():
            self.write(Text.from_ansi(line))

    def both(self, left: Text, right: Text) -> None:
        """``right`` at the right margin."""
        room = self.console.width - left.cell_len - right.cell_len
        self.write(Text.assemble(left, " " * max(room, 2), right))

    def hang(self, label: Text, body: Text | str, tail: str = "") -> None:
        """``body``, wrapped, in the column right of ``label``; ``tail`` at the end of the first line."""
        text = Text(body) if isinstance(body, str) else body
        self._rows(label, text.wrap(self.console, self._width(tail)), tail)

    def flow(self, label: Text, items: Iterable[Text], tail: str = "") -> None:
        """``items`` with dots between them; a line breaks between two items where it can."""
        rows: list[Text] = []
        for item in items:
            if rows and rows[-1].cell_len + item.cell_len + 3 <= self._width(tail):
                rows[-1] = Text.assemble(rows[-1], (" · ", "dim"), item)
            else:
                rows.extend(item.wrap(self.console, self._width(tail)))
        self._rows(label, rows, tail)

    def _width(self, tail: str) -> int:
        return max(self.room - (len(tail) + 2 if tail else 0), 20)

    def _rows(self, label: Text, rows: Iterable[Text], tail: str) -> None:
        for number, line in enumerate(list(rows) or [Text()]):
            line.rstrip()
            left = Text() if number else label
            row = Text.assemble(left, " " * max(INDENT - left.cell_len, 1), line)
            if tail and number == 0:
                self.both(row, Text(tail, "dim"))
            else:
                self.write(row)


def in_ascii(text: str) -> str:
    """The text for a terminal or a pipe that knows no Unicode."""
    return text.translate(ASCII).encode("ascii", "replace").decode()

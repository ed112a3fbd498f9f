"""A lab's texts in a terminal: its story, its hints and its solution."""

from __future__ import annotations

from rich.console import Console
from rich.constrain import Constrain
from rich.markdown import Markdown
from rich.text import Text

from droplab.harness.definition.lab import Alternative, Expectations, Lab, Look, Step
from droplab.harness.render import topology, words
from droplab.harness.render.lines import Lines, stdout


def print_markdown(text: str, console: Console | None = None) -> None:
    """A text with Markdown, wrapped."""
    lines = Lines(console or stdout())
    lines.block(Constrain(Markdown(words.clean(text), hyperlinks=False), min(lines.console.width, 100)))


def print_story(lab: Lab, console: Console | None = None) -> None:
    """Title, network, story and what must hold in the end. Gives no cause away."""
    lines = Lines(console or stdout())
    lines.write(Text(f"{lab.id}  {words.clean(lab.title)}", "bold"))
    lines.write()
    for row in topology.text(topology.of_lab(lab), lines.console.width - 2):
        lines.write(f"  {row}")
    lines.write()
    print_markdown(lab.story, lines.console)
    lines.write()
    lines.write(Text("It is repaired when", "bold"))
    for row in (*objectives(lab.healthy), *objectives(lab.always)):
        lines.write(f"  {row}")
    lines.write("  every fault is gone, and nothing else differs from how the lab began")


def objectives(expected: Expectations) -> list[str]:
    """What is expected, a line for each probe."""
    return [
        f"{words.clean(probe)}: {' and '.join(words.expected(metric, what) for metric, what in metrics.items())}"
        for probe, metrics in expected.items()
    ]


def print_solution(lab: Lab, console: Console | None = None) -> None:
    """Each step: why, what to look at, what to type, and what holds after it; then other right repairs."""
    lines = Lines(console or stdout())
    for number, step in enumerate(lab.solution, 1):
        lines.write()
        lines.write(Text(f"{number}. {words.clean(step.title)}", "bold"))
        _print_step(lines, step)
    for alternative in lab.alternatives:
        lines.write()
        lines.write(Text(f"Or: {words.clean(alternative.title)}", "bold"))
        _print_alternative(lines, alternative)


def _print_step(lines: Lines, step: Step) -> None:
    if step.because:
        lines.hang(Text("  because", "dim"), words.clean(step.because))
    for look in step.look:
        lines.hang(Text("  look", "dim"), _command(look.node, look.command))
        if look.during:
            lines.hang(Text(), Text.assemble(("while  ", "dim"), _command(*look.during)))
        lines.hang(Text(), Text(_shows(look), "dim italic"))
    for node, command in step.run:
        lines.hang(Text("  type", "dim"), _command(node, command))
    for row in objectives(step.expect):
        lines.hang(Text("  then", "dim"), row)


def _print_alternative(lines: Lines, alternative: Alternative) -> None:
    for node, command in alternative.run:
        lines.hang(Text("  type", "dim"), _command(node, command))
    if alternative.leaves:
        lines.hang(Text("  leaves", "dim"), f"differences in {', '.join(alternative.leaves)}")
    if alternative.cures is not None:
        lines.hang(Text("  cures", "dim"), f"only {', '.join(alternative.cures)}")


def _command(node: str, command: str) -> Text:
    return Text.assemble((f"{node}# ", "dim"), words.clean(command))


def _shows(look: Look) -> str:
    sides = [f"shows /{look.shows}/"] if look.shows else []
    return words.clean(" and ".join([*sides, *([f"lacks /{look.lacks}/"] if look.lacks else [])]))

"""The live view: short, plain in a pipe, nothing hidden when something fails."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from rich import console as terminal

from droplab.harness.engine.events import Listener, Silent
from droplab.harness.engine.report import Evidence, Phase, Report
from droplab.harness.render.console import Console
from droplab.harness.render.lines import stdout
from droplab.harness.render.live import Progress
from tests.unit.render import samples


def tell(listener: Listener, report: Report, files: Iterable[Path] = ()) -> None:
    """A run as the engine tells it."""

    def phase(phase: Phase) -> None:
        listener.phase_started(phase.name)
        for evidence in phase.evidence:
            listener.evidence(evidence)
        for check in phase.checks:
            listener.measuring(check.probe, "2600 probes")
            listener.check(check)
        listener.phase_ended(phase)

    with listener:
        listener.started(samples.lab(), report.runtime, report.seed)
        phase(report.phases[0])
        for fault in report.faults:
            listener.fault_planned(fault.key, fault.commands)
            listener.fault_proven(fault)
        for later in report.phases[1:]:
            phase(later)
        listener.tearing_down()
        listener.finished(report, tuple(files))


def pipe(width: int = 120) -> terminal.Console:
    return terminal.Console(file=io.StringIO(), width=width, highlight=False)


def drawn(report: Report, console: terminal.Console | None = None, files: Iterable[Path] = ()) -> str:
    console = console or pipe()
    tell(Console(console), report, files)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_whole_run_is_short_and_fits_the_width() -> None:
    lines = drawn(samples.passing(), files=[Path("reports/lab-48/report.html")]).splitlines()
    assert len(lines) < 40
    assert max(map(len, lines)) <= 120
    assert not [line for line in lines if line != line.rstrip()]


def test_it_also_fits_a_narrow_terminal() -> None:
    assert max(map(len, drawn(samples.passing(), pipe(80)).splitlines())) <= 80


def test_a_pipe_gets_no_ansi_and_no_spinner() -> None:
    text = drawn(samples.passing())
    assert "\x1b" not in text
    assert "2600 probes" not in text


def test_every_part_of_the_story_is_told() -> None:
    text = " ".join(drawn(samples.passing(), files=[Path("r/report.json"), Path("r/report.html")]).split())
    for words in (
        "nginx 198.18.48.2 ── switch ── client 198.18.48.3",
        "netns · seed 7",
        "✓ healthy syn loss 0 of 2600, below 0.6 % · http ok",
        "✓ inject drop_input on nginx iptables -A INPUT -m statistic --mode random --probability 0.3 -j DROP",
        "artifact ✓ · trace ✓ packets in the rule +487 · symptom ✓",
        "✓ broken syn loss 51.2 % of 9500 [48.7, 53.7] · http no_response · conntrack usage 0 (ruled out)",
        "step 1 Delete the two DROP rules because two DROP rules",
        "nginx# iptables -t filter -nvL 4093 246K DROP",
        "mss 256",
        "snapshot equal",
        "PASS in 5.9 s · nothing left behind",
        "r/report.html also report.json",
        "droplab run 48 --seed 7 --runtime netns",
    ):
        assert words in text, words


def test_what_does_not_hold_is_told_with_what_to_do() -> None:
    text = " ".join(drawn(samples.failing()).split())
    for words in (
        "trace ✗ packets in the rule +0",
        "✗ syn loss observed 30.2 % of 9500 [27.9, 32.6] expected 51 % ± 5 one rule seems to be missing",
        "? full_size loss observed 3 of 400 expected none (below 1 %) too few probes",
        "! http observed nothing expected ok the node is gone",
        "FAIL in 5.9 s broken: syn loss differs",
        "residue nft: table inet x is still there",
    ):
        assert words in text, words
    assert "nothing left behind" not in text


def test_evidence_that_does_not_show_it_says_so_and_quotes_the_output() -> None:
    look = Evidence("nginx", "netstat -i", samples.NETSTAT, 0, "shows /eth0 +1500/", False)
    repair = Evidence("nginx", "ifconfig eth9 mtu 1500", "SIOCSIFMTU: No such device\n", 255, None, False)
    step = replace(samples.second_step(), evidence=(look, repair))
    text = drawn(replace(samples.passing(), phases=(samples.healthy("healthy", 0), step)))
    assert "✗ expected: shows /eth0 +1500/" in text
    assert "✗ exit status 255" in text
    assert "No such device" in text


def test_markup_and_escapes_of_others_are_only_text() -> None:
    nasty = "[bold red]x[/] :smile: \x1b[31mred\x1b]0;title\x07 \x07"
    step = replace(samples.second_step(), evidence=(Evidence("nginx", nasty, nasty, 1, None, False),))
    report = replace(samples.passing(), phases=(samples.healthy("healthy", 0), step), why=nasty)
    text = drawn(report)
    assert "[bold red]x[/] :smile: red" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_an_ascii_pipe_is_no_error() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    tell(Console(terminal.Console(file=file, width=120, highlight=False)), samples.failing())
    text = raw.getvalue().decode("ascii")
    assert "X inject" in text
    assert "+ healthy" in text


def on_a_terminal(listener: type[Console] | type[Progress]) -> str:
    file = io.StringIO()
    console = terminal.Console(
        file=file,
        width=100,
        highlight=False,
        force_terminal=True,
        force_interactive=True,
        color_system="truecolor",
        _environ={},
    )
    tell(listener(console), samples.passing())
    return file.getvalue()


def test_a_terminal_shows_what_is_measured_and_takes_it_away() -> None:
    text = on_a_terminal(Console)
    assert re.search(r"syn 2600 probes", text)
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # cursor hidden, and given back


def test_progress_gives_nothing_away() -> None:
    text = on_a_terminal(Progress)
    for cause in ("iptables", "mtu", "MTU", "51.2"):
        assert cause not in text
    assert "breaking it" in text


@pytest.mark.parametrize("listener", [Silent(), Progress(pipe())])
def test_silent_and_progress_say_nothing_in_a_pipe(listener: Listener, capsys: pytest.CaptureFixture[str]) -> None:
    tell(listener, samples.failing())
    assert capsys.readouterr().out == ""


def test_a_second_signal_is_answered() -> None:
    console = pipe()
    view = Console(console)
    view.tearing_down()
    view.tearing_down()
    view.interrupted("SIGINT")
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [
        "still taking the lab down: nothing may be left behind",
        "SIGINT: the lab was taken down",
    ]


def test_standard_output_is_as_wide_as_promised() -> None:
    assert stdout().width <= 120

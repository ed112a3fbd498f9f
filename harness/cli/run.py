"""``droplab run``: for those who want to see a lab proven from start to end, people and CI alike."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from droplab.harness.cli import completion
from droplab.harness.cli.common import (
    RUNTIMES,
    choose_runtime,
    load_lab,
    print_json,
    refuse_host_faults,
    root_or_alone,
    say,
    sweep_first,
)

if TYPE_CHECKING:
    from droplab.harness.definition.lab import Lab
    from droplab.harness.engine.events import Listener
    from droplab.harness.engine.report import Report

EXIT = {"pass": 0, "fail": 1, "error": 1, "inconclusive": 5}

EXAMPLES = """\b
Examples:
  droplab run 48
  droplab run 48 --runtime docker --report reports/48 --pcap
  droplab run 48 --set p_in=0.1 --seed 7 --json > run.json
  droplab run ./my-lab"""


@click.command("run", epilog=EXAMPLES)
@click.argument("lab", shell_complete=completion.labs)
@click.option(
    "--runtime", type=RUNTIMES, default="auto", help="Where the nodes live; auto takes docker if it is ready."
)
@click.option("--seed", type=click.IntRange(0), help="Repeat a draw of parameters; by default a random one, printed.")
@click.option("--set", "settings", multiple=True, metavar="P=V", help="Set a parameter of the lab.")
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write report.html, report.json and junit.xml here.",
)
@click.option("--pcap", is_flag=True, help="Also capture every node's packets, a file per phase (needs --report).")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON document, and nothing else.")
@click.option("--allow-host", is_flag=True, help="Allow faults that change a setting of the whole machine.")
def run_command(
    lab: str,
    runtime: str,
    seed: int | None,
    settings: tuple[str, ...],
    report: Path | None,
    pcap: bool,
    as_json: bool,
    allow_host: bool,
) -> int:
    """Replay LAB: healthy, broken, repaired, gone, each proven. LAB is a lab's name or a folder."""
    if pcap and not report:
        raise click.UsageError("--pcap writes into the report's folder: give --report DIR too")
    loaded, catalogue, overrides = load_lab(lab, seed, settings)
    refuse_host_faults(loaded, allow_host=allow_host)
    root_or_alone(runtime)
    sweep_first()
    chosen, why = choose_runtime(runtime, loaded)
    if why and not as_json:
        say(why)
    from droplab.harness.engine.runner import Runner

    listener = _listener(silent=as_json)
    again = _again(lab, loaded, chosen.name, overrides, allow_host=allow_host)
    runner = Runner(loaded, chosen, catalogue, listener, captures=report if pcap else None, reproduce=again)
    found = runner.run()
    files = _write(found, report)
    listener.finished(found, files)
    if as_json:
        print_json(found.to_json())
    return 4 if found.residue else EXIT[found.verdict]


def _listener(*, silent: bool) -> Listener:
    if silent:
        from droplab.harness.engine.events import Silent

        return Silent()
    from droplab.harness.render.console import Console

    return Console()


def _again(lab: str, loaded: Lab, runtime: str, overrides: dict[str, str], *, allow_host: bool) -> str:
    words = ["droplab", "run", lab, "--runtime", runtime, "--seed", str(loaded.seed)]
    words += [word for name, value in overrides.items() for word in ("--set", f"{name}={value}")]
    return shlex.join(words + ["--allow-host"] * allow_host)


def _write(report: Report, folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    from droplab.harness.render import write

    return write(report, folder)

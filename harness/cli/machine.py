"""For whoever owns the machine: what it can do, and tab completion."""

from __future__ import annotations

import os

import click

from droplab.harness.cli.common import print_json, sweep_first


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def doctor_command(as_json: bool) -> int:
    """What this machine can do, asked of the machine itself, and how to get the rest.

    Exit status 3 when no lab can run here.
    """
    from droplab.harness.engine.doctor import examine

    if os.geteuid() == 0:
        sweep_first()
    findings = list(examine())
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        from droplab.harness.render.tables import print_doctor

        print_doctor(findings)
    return 3 if any(finding.vital and finding.state == "no" for finding in findings) else 0


@click.command("completion", epilog='\b\nExample:\n  eval "$(droplab completion bash)"     in ~/.bashrc')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> int:
    """Print the script that makes SHELL complete labs, names, nodes, kinds and options."""
    from click.shell_completion import get_completion_class

    from droplab.harness.cli import droplab

    cls = get_completion_class(shell)
    if cls is not None:
        click.echo(cls(droplab, {}, "droplab", "_DROPLAB_COMPLETE").source())
    return 0

"""The command line. Commands are imported when they are called: `droplab list` must not wait for scapy."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import click

from droplab import __version__
from droplab.harness.errors import DroplabError

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "list": ("author", "The labs."),
        "show": ("author", "A lab's story and topology, without giving it away."),
        "run": ("run", "Replay a lab from start to end and prove every step of it."),
        "start": ("student", "Start a broken lab to troubleshoot in."),
        "status": ("student", "The running labs."),
        "shell": ("student", "An interactive shell in a node."),
        "exec": ("student", "Run one command in a node."),
        "check": ("student", "Is it repaired? Symptom, cause, anything else changed."),
        "hint": ("student", "The next hint."),
        "solution": ("student", "The solution, step by step."),
        "reset": ("student", "Begin the lab anew, as it was at the start."),
        "stop": ("student", "Stop a lab and leave nothing behind."),
        "clean": ("attach", "Undo what killed runs left behind."),
        "faults": ("author", "The catalogue of faults."),
        "inject": ("attach", "Break something that is running: a lab's node, a container, a process, a namespace."),
        "remediate": ("attach", "Undo an injected fault."),
        "score": ("score", "Try diagnostic tools on every fault and on healthy networks."),
        "validate": ("author", "Check lab definitions."),
        "schema": ("author", "The JSON Schema of lab.yaml."),
        "doctor": ("machine", "What this machine can do, and how to get the rest."),
        "completion": ("machine", "Print the tab completion script for your shell."),
    }
)

EXAMPLES = """\b
Examples:
  droplab run 48                      replay the case study, about six seconds
  droplab start 48                    a broken lab to troubleshoot in
  droplab shell 48 nginx              a shell on its server
  droplab check 48                    is it repaired?
  droplab inject container:web mtu mtu=100

\b
Exit status: 0 as expected, 1 findings differ or not repaired, 2 usage or definition,
3 the machine lacks something, 4 residue could not be undone, 5 inconclusive, 130 interrupted."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used, and knows its one-line help without."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The order of a day's work, not the alphabet's."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command; None for an unknown one."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"droplab.harness.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but with the nearest name when the command is unknown."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"no command {args[0]!r}" + (f"; did you mean {near[0]!r}?" if near else "; see droplab --help"))
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="droplab %(version)s")
def droplab() -> None:
    """A network lab that breaks on purpose, and proves it.

    droplab starts a small network, breaks it, proves with kernel evidence and statistics that it is broken as
    described, lets you find the cause, and proves that it is repaired and that nothing was left behind.
    """


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit. Expected failures are one line on standard error."""
    collect_seldom()
    sys.exit(_status(argv))


def collect_seldom() -> None:
    """Imports make objects that stay: looking for garbage among them is a tenth of their time."""
    gc.set_threshold(50_000)


def _status(argv: list[str] | None) -> int:
    from droplab.harness.engine.signals import Interrupted

    try:
        status: Any = droplab.main(argv, prog_name="droplab", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except DroplabError as error:
        click.echo("\n".join(f"droplab: {line}" for line in str(error).splitlines()), err=True)
        return error.exit_code
    except (Interrupted, KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("DROPLAB_DEBUG"):
            raise
        click.echo(
            f"droplab: this should not happen: {type(error).__name__}: {error}; DROPLAB_DEBUG=1 shows where", err=True
        )
        return 1

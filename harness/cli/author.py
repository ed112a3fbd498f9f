"""For those who write labs and faults, and for those who choose among them."""

from __future__ import annotations

import click

from droplab.harness.cli import completion
from droplab.harness.cli.common import print_json
from droplab.harness.errors import DefinitionError, UsageError


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def list_command(as_json: bool) -> int:
    """The labs that come with droplab. Any folder with a lab.yaml works as well."""
    from droplab.harness.definition.catalogue import list_labs

    labs = list_labs()
    if as_json:
        print_json(
            [{"id": lab.id, "title": lab.title, "difficulty": lab.difficulty, "minutes": lab.minutes} for lab in labs]
        )
        return 0
    width = max((len(lab.id) for lab in labs), default=0)
    for lab in labs:
        extra = ", ".join(filter(None, [lab.difficulty, f"about {lab.minutes} min" if lab.minutes else ""]))
        click.echo(f"{lab.id:{width}}  {lab.title}" + (f"  ({extra})" if extra else ""))
    return 0


@click.command(
    "show",
    epilog="\b\nExamples:\n  droplab show 48\n  droplab show 48 --spoilers\n"
    "  droplab show one-of-four --set cause=raw --spoilers",
)
@click.argument("lab", shell_complete=completion.labs)
@click.option("--spoilers", is_flag=True, help="Also the faults and the solution.")
@click.option("--seed", type=click.IntRange(0), help="The draw to show; by default that of seed 0.")
@click.option("--set", "settings", multiple=True, metavar="P=V", help="Set a parameter of the lab.")
def show_command(lab: str, spoilers: bool, seed: int | None, settings: tuple[str, ...]) -> int:
    """The story, the topology and what must hold when LAB is repaired; of a running lab, with what was drawn for it."""
    from droplab.harness.cli.common import load_lab
    from droplab.harness.render.markdown import print_solution, print_story

    folder, own_seed, own_settings = _running(lab)
    loaded, _, _ = load_lab(folder, own_seed if seed is None else seed, settings or own_settings)
    print_story(loaded)
    if spoilers:
        print_solution(loaded)
    return 0


def _running(name: str) -> tuple[str, int, tuple[str, ...]]:
    """The folder, the seed and the settings of a running lab of that name; else the name itself and seed 0."""
    from droplab.harness.engine.started import started

    for header in (run.header for run in started()):
        if header["name"] == name:
            settings = tuple(f"{parameter}={value}" for parameter, value in header["overrides"].items())
            return header["folder"], header["seed"], settings
    return name, 0, ()


@click.command("validate", epilog="\b\nExamples:\n  droplab validate labs/*/lab.yaml\n  droplab validate ./my-lab")
@click.argument("files", nargs=-1, required=True, type=click.Path())
def validate_command(files: tuple[str, ...]) -> int:
    """Check definitions: every mistake of every draw with its place, all at once. Nothing is started."""
    from droplab.harness.definition.catalogue import find_lab
    from droplab.harness.definition.validation import validate

    problems: list[str] = []
    for file in files:
        try:
            lab, warnings = validate(find_lab(file))
        except DefinitionError as error:
            problems += error.problems
        except UsageError as error:
            problems.append(f"{file}: {error}")
        else:
            for words in warnings:
                click.echo(f"warning: {words}", err=True)
            click.echo(f"{file}: ok: {lab.title}")
    if problems:
        raise DefinitionError(problems)
    return 0


@click.command("schema", epilog="\b\nExample:\n  droplab schema > lab.schema.json")
def schema_command() -> int:
    """Print the JSON Schema of lab.yaml, for editors."""
    from droplab.harness.definition.schema import schema

    print_json(schema())
    return 0


@click.command(
    "faults",
    epilog="\b\nExamples:\n  droplab faults\n  droplab faults mtu\n  droplab faults --markdown > docs/faults.md",
)
@click.argument("kind", required=False, shell_complete=completion.kinds)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--markdown", is_flag=True, help="One page of Markdown on standard output: docs/faults.md.")
def faults_command(kind: str | None, as_json: bool, markdown: bool) -> int:
    """The catalogue: parameters, symptom, evidence, look-alike and remedy of every fault, or of KIND."""
    from droplab.harness.definition.catalogue import Catalogue

    if as_json and markdown:
        raise click.UsageError("--json and --markdown exclude each other")
    catalogue = Catalogue()
    kinds = [kind] if kind else list(catalogue.fault_kinds())
    faults = {name: catalogue.fault(name) for name in kinds}
    if as_json:
        from droplab.harness.definition.schema import describe

        print_json([describe(catalogue, name) for name in faults])
        return 0
    listed = [(name, catalogue.layer(name), cls) for name, cls in faults.items()]
    if markdown:
        from droplab.harness.render.catalogue_page import page, section

        click.echo(section(*listed[0]) if kind else page(listed), nl=bool(kind))
        return 0
    from droplab.harness.render.tables import print_fault, print_faults

    if kind:
        print_fault(*listed[0])
    else:
        print_faults(listed)
    return 0

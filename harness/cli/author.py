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


@click.command("show", epilog="\b\nExamples:\n  droplab show 48\n  droplab show 48 --spoilers")
@click.argument("lab", shell_complete=completion.labs)
@click.option("--spoilers", is_flag=True, help="Also the faults and the solution.")
def show_command(lab: str, spoilers: bool) -> int:
    """The story, the topology and what must hold when LAB is repaired; also takes the name of a running lab."""
    from droplab.harness.cli.common import load_lab
    from droplab.harness.render.markdown import print_solution, print_story

    loaded, _, _ = load_lab(_lab_of(lab), 0, ())
    print_story(loaded)
    if spoilers:
        print_solution(loaded)
    return 0


def _lab_of(name: str) -> str:
    """The folder of a running lab of that name; else the name itself, which may be a lab's."""
    from droplab.harness.engine.started import started

    return next((run.header["folder"] for run in started() if run.header["name"] == name), name)


@click.command("validate", epilog="\b\nExamples:\n  droplab validate labs/*/lab.yaml\n  droplab validate ./my-lab")
@click.argument("files", nargs=-1, required=True, type=click.Path())
def validate_command(files: tuple[str, ...]) -> int:
    """Check definitions: every mistake with its place, all at once. Nothing is started."""
    from droplab.harness.definition.catalogue import find_lab
    from droplab.harness.definition.loader import load, warnings

    problems: list[str] = []
    for file in files:
        try:
            lab = load(find_lab(file))
        except DefinitionError as error:
            problems += error.problems
        except UsageError as error:
            problems.append(f"{file}: {error}")
        else:
            for words in warnings(lab):
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


@click.command("faults", epilog="\b\nExamples:\n  droplab faults\n  droplab faults mtu")
@click.argument("kind", required=False, shell_complete=completion.kinds)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def faults_command(kind: str | None, as_json: bool) -> int:
    """The catalogue: parameters, symptom, evidence, look-alike and remedy of every fault, or of KIND."""
    from droplab.harness.definition.catalogue import Catalogue

    catalogue = Catalogue()
    kinds = [kind] if kind else list(catalogue.fault_kinds())
    faults = {name: catalogue.fault(name) for name in kinds}
    if as_json:
        from droplab.harness.definition.schema import describe

        print_json([describe(catalogue, name) for name in faults])
        return 0
    from droplab.harness.render.tables import print_fault, print_faults

    if kind:
        print_fault(kind, catalogue.layer(kind), faults[kind])
    else:
        print_faults([(name, catalogue.layer(name), cls) for name, cls in faults.items()])
    return 0

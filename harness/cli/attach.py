"""For those who break things that droplab did not start, and for those who clean up."""

from __future__ import annotations

import click

from droplab.harness.cli import completion
from droplab.harness.cli.common import assignments, need_root, say, sweep_first
from droplab.harness.errors import Residue

INJECT_EXAMPLES = """\b
Examples:
  droplab inject container:web mtu mtu=100
  droplab inject 48/nginx iptables_drop chain=INPUT probability=0.3
  droplab inject pid:4711 iptables_drop protocol=tcp port=80
  droplab inject netns:blue conntrack_full
  droplab faults mtu                  its parameters, symptom, evidence and remedy"""


@click.command("inject", epilog=INJECT_EXAMPLES)
@click.argument("target", shell_complete=completion.targets)
@click.argument("kind", shell_complete=completion.kinds)
@click.argument("parameters", nargs=-1, metavar="[K=V]...")
@click.option("--allow-host", is_flag=True, help="Allow a fault that changes a setting of the whole machine.")
def inject_command(target: str, kind: str, parameters: tuple[str, ...], allow_host: bool) -> int:
    """Break TARGET with a fault of KIND and print an id for `droplab remediate`.

    TARGET is NAME/NODE of a running lab (NAME/switch is what its nodes hang on), container:ID, pid:N or netns:PATH.
    In a lab the fault is proven; elsewhere droplab has no neighbour to measure from, looks at the artifact only and
    says so.
    """
    from droplab.harness.definition.catalogue import Catalogue
    from droplab.harness.engine import injection

    catalogue = Catalogue()
    fault = injection.build(catalogue, kind, assignments(parameters, kind))
    injection.refuse_host(kind, fault, allow_host=allow_host)
    need_root("droplab inject")
    sweep_first()
    found = injection.find_target(target)
    run_id, proof = injection.inject(found, kind, fault, catalogue, allow_host=allow_host)
    click.echo(run_id)
    for side in ("artifact", "trace", "symptom", "control"):
        say(f"  {side:9} {getattr(proof, side)}")
    say(f"undo it with: droplab remediate {run_id}")
    return 0


@click.command("remediate", epilog="\b\nExample:\n  droplab remediate 3fa9c1d2")
@click.argument("fault_id", metavar="ID", shell_complete=completion.fault_ids)
def remediate_command(fault_id: str) -> int:
    """Undo the fault that `droplab inject` printed ID for. The first digits of the id are enough."""
    from droplab.harness.engine.injection import remediate

    need_root("droplab remediate")
    for words in remediate(fault_id):
        click.echo(f"undone: {words}")
    return 0


@click.command("clean", epilog="\b\nExamples:\n  droplab clean\n  droplab clean --run 3fa9c1d2")
@click.option("--run", "run_id", help="Only this run.")
def clean_command(run_id: str | None) -> int:
    """Undo what killed runs left behind, and print it. Running labs and injected faults are not touched."""
    from droplab.harness.engine.clean import sweep

    need_root("droplab clean")
    swept = sweep(run_id)
    for result in swept:
        for words in result.undone:
            click.echo(f"run {result.run_id}: undone: {words}")
    left = [f"run {result.run_id}: {words}" for result in swept for words in result.residue]
    if left:
        raise Residue("\n".join(left))
    if not swept:
        click.echo("nothing to clean")
    return 0

"""For those who troubleshoot: start a lab, look around in it, ask whether it is repaired, stop it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from droplab.harness.cli import completion
from droplab.harness.cli.common import (
    RUNTIMES,
    choose_runtime,
    load_lab,
    need_root,
    print_json,
    refuse_host_faults,
    say,
    sweep_first,
)
from droplab.harness.errors import NodeLost, Residue, UsageError

if TYPE_CHECKING:
    from droplab.harness.engine.events import Listener
    from droplab.harness.runtime.contract import LiveNode

NAME = click.argument("name", shell_complete=completion.names)
CHECK_EXIT = {"repaired": 0, "works, but": 1, "broken": 1, "inconclusive": 5}


def _listener(*, silent: bool) -> Listener:
    from droplab.harness.engine.events import Silent

    if silent:
        return Silent()
    from droplab.harness.render.console import Progress

    return Progress()


@click.command(
    "start", epilog="\b\nExamples:\n  droplab start 48\n  droplab start 48 --name alice --runtime docker --ttl 90m"
)
@click.argument("lab", shell_complete=completion.labs)
@click.option(
    "--name", help="What to call it; by default the lab's own name. Several run at once under different names."
)
@click.option(
    "--runtime", type=RUNTIMES, default="auto", help="Where the nodes live; auto takes docker if it is ready."
)
@click.option("--seed", type=click.IntRange(0), help="Repeat a draw of parameters; by default a random one.")
@click.option("--set", "settings", multiple=True, metavar="P=V", help="Set a parameter of the lab.")
@click.option("--ttl", default="4h", show_default=True, help="It stops by itself after this time (90s, 30m, 4h, 2d).")
@click.option("--allow-host", is_flag=True, help="Allow faults that change a setting of the whole machine.")
def start_command(
    lab: str, name: str | None, runtime: str, seed: int | None, settings: tuple[str, ...], ttl: str, allow_host: bool
) -> int:
    """Start LAB, broken, to troubleshoot in. It is proven in a rehearsal first; its counters begin near zero."""
    from droplab.harness.engine.workshop import Order, refuse_taken, seconds, start

    ttl_s = seconds(ttl)
    loaded, catalogue, overrides = load_lab(lab, seed, settings)
    refuse_host_faults(loaded, allow_host=allow_host)
    need_root("droplab start")
    chosen_name = name or loaded.id
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,31}", chosen_name):
        raise UsageError(f"--name: up to 32 letters, digits, dots, dashes and underscores (got {chosen_name!r})")
    refuse_taken(chosen_name)
    sweep_first()
    chosen, why = choose_runtime(runtime, loaded)
    if why:
        say(why)
    start(Order(loaded, chosen_name, ttl_s, overrides), chosen, catalogue, _listener(silent=False))
    _next_steps(chosen_name, list(loaded.nodes), loaded.title, ttl)
    return 0


def _next_steps(name: str, nodes: list[str], title: str, ttl: str) -> None:
    click.echo(f"{name} is running, and broken: {title}. It stops by itself in {ttl}.\n")
    for node in nodes:
        click.echo(f"  droplab shell {name} {node:10}  a shell on {node}")
    click.echo(f"  droplab show {name:17}  the story")
    click.echo(f"  droplab check {name:16}  is it repaired?")
    click.echo(f"  droplab hint {name:17}  a hint        (solution, reset, stop)")


@click.command("status", epilog="\b\nExamples:\n  droplab status\n  droplab status 48\n  droplab status 48 --spoilers")
@click.argument("name", required=False, shell_complete=completion.names)
@click.option("--spoilers", is_flag=True, help="Also say which faults are still there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def status_command(name: str | None, spoilers: bool, as_json: bool) -> int:
    """The running labs; with NAME, what hurts in that one right now."""
    from droplab.harness.engine.status import detail, overview

    found = [detail(name, spoilers=spoilers)] if name else overview(spoilers=spoilers)
    if as_json:
        print_json([item.to_json() for item in found])
        return 0
    from droplab.harness.render.tables import print_status

    print_status(found)
    return 0


def _node(name: str, node: str | None) -> LiveNode:
    from droplab.harness.engine.started import live_only

    need_root("droplab shell and exec")
    live = live_only(name)
    chosen = node or next(iter(live.nodes))
    if chosen not in live.nodes:
        raise UsageError(f"lab {name} has no node {chosen!r}; it has {', '.join(live.nodes)}")
    if not live.nodes[chosen].alive():
        raise NodeLost(f"{name}/{chosen}: its processes or its network are gone; droplab reset {name} makes it anew")
    return live.nodes[chosen]


@click.command("shell", epilog="\b\nExamples:\n  droplab shell 48 nginx\n  droplab shell 48 client")
@NAME
@click.argument("node", required=False, shell_complete=completion.nodes)
def shell_command(name: str, node: str | None) -> int:
    """An interactive shell in NODE of the running lab NAME (the first node by default)."""
    return _node(name, node).shell(("bash", "-l"))


@click.command(
    "exec",
    epilog="\b\nExample:\n  droplab exec 48 nginx -- iptables -nvL",
    context_settings={"ignore_unknown_options": True},
)
@NAME
@click.argument("node", shell_complete=completion.nodes)
@click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_command(name: str, node: str, argv: tuple[str, ...]) -> int:
    """Run ARGV in NODE, confined as a shell there is; its exit status becomes ours."""
    result = _node(name, node).exec(argv, timeout_s=24 * 3600)
    click.echo(result.stdout, nl=False)
    click.echo(result.stderr, nl=False, err=True)
    return result.returncode


@click.command("check", epilog="\b\nExample:\n  droplab check 48 && echo repaired")
@NAME
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def check_command(name: str, as_json: bool) -> int:
    """Is it repaired? Three verdicts: symptom, cause, anything else changed. Changes nothing.

    Behaviour and state are judged, never the commands you used. Exit status 0 only when nothing hurts, no fault is
    left and nothing else was changed.
    """
    from droplab.harness.engine.judgement import judge
    from droplab.harness.engine.started import open_started

    need_root("droplab check")
    judgement = judge(open_started(name), _listener(silent=as_json))
    if as_json:
        print_json(judgement.to_json())
    else:
        from droplab.harness.render.tables import print_judgement

        print_judgement(judgement)
    return CHECK_EXIT[judgement.verdict]


@click.command("hint")
@NAME
def hint_command(name: str) -> int:
    """The next hint, from general to specific; hints follow what is still broken."""
    from droplab.harness.engine.hints import next_hint
    from droplab.harness.engine.started import open_started
    from droplab.harness.render.markdown import print_markdown

    need_root("droplab hint")
    started = open_started(name)
    hint, more = next_hint(started)
    if hint is None:
        left = started.present()
        click.echo(
            f"no more hints: droplab solution {name} tells all"
            if left
            else f"no fault is left; droplab check {name} says whether anything else hurts or was changed"
        )
        return 0
    print_markdown(hint.text)
    click.echo(f"({more} more: droplab hint {name})" if more else f"(the last one; then: droplab solution {name})")
    return 0


@click.command("solution")
@NAME
def solution_command(name: str) -> int:
    """The solution: what shows each cause, and the commands that remove it."""
    from droplab.harness.engine.started import definition, find
    from droplab.harness.render.markdown import print_solution

    need_root("droplab solution")
    print_solution(definition(find(name)))
    return 0


@click.command("reset")
@NAME
def reset_command(name: str) -> int:
    """Throw the lab away and begin it anew, broken as it was at the start."""
    from droplab.harness.definition.catalogue import Catalogue
    from droplab.harness.engine.workshop import reset

    need_root("droplab reset")
    order = reset(name, Catalogue())
    click.echo(f"{name} is as it was at the start; open shells have ended with the old one")
    _next_steps(name, list(order.lab.nodes), order.lab.title, f"{order.ttl_s / 3600:g}h")
    return 0


@click.command("stop", epilog="\b\nExamples:\n  droplab stop 48\n  droplab stop --all")
@click.argument("name", required=False, shell_complete=completion.names)
@click.option("--all", "everything", is_flag=True, help="Every running lab, and every injected fault.")
def stop_command(name: str | None, everything: bool) -> int:
    """Stop the running lab NAME and leave nothing of it behind."""
    from droplab.harness.engine.injection import detached, remediate
    from droplab.harness.engine.started import find, started
    from droplab.harness.engine.workshop import stop

    if bool(name) == everything:
        raise UsageError("say which lab to stop: droplab stop NAME, or droplab stop --all")
    need_root("droplab stop")
    left = []
    for run in [find(name)] if name else started():
        try:
            stop(run)
            click.echo(f"stopped {run.header['name']}")
        except Residue as residue:
            left.append(str(residue))
    for run in detached() if everything else []:
        for words in remediate(run.id):
            click.echo(f"undone: {words}")
    sweep_first()
    if left:
        raise Residue("\n".join(left))
    return 0

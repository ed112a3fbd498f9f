"""What several commands share: choosing a runtime, loading a lab, sweeping up after killed runs."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from droplab.harness.errors import MachineLacks, UsageError

if TYPE_CHECKING:
    from droplab.harness.definition.catalogue import Catalogue
    from droplab.harness.definition.lab import Lab
    from droplab.harness.runtime.contract import Runtime

RUNTIMES = click.Choice(["auto", "netns", "docker"])
SEEDS = 10_000


def say(words: str) -> None:
    """A line for the person, on standard error, so that --json alone owns standard output."""
    click.echo(words, err=True)


def need_root(doing: str) -> None:
    """Raise MachineLacks when not root."""
    if os.geteuid() != 0:
        raise MachineLacks(f"{doing} needs root to make network namespaces: run it again with sudo")


def root_or_alone(runtime: str) -> None:
    """Go on as root: of this machine, or else of namespaces of the user's own, which docker's containers are not in."""
    if os.geteuid() != 0:
        if runtime == "docker":
            need_root("a lab on docker")
        from droplab.harness.runtime.rootless import become_root

        become_root()


def sweep_first() -> None:
    """Undo what killed runs left, and say so."""
    from droplab.harness.engine.clean import sweep

    for swept in sweep():
        for words in swept.undone:
            say(f"cleaned up after the killed run {swept.run_id}: {words}")
        for words in swept.residue:
            say(f"could not undo of run {swept.run_id}: {words}")


def load_lab(lab: str, seed: int | None, settings: Sequence[str]) -> tuple[Lab, Catalogue, dict[str, str]]:
    """The lab with its parameters drawn from ``seed`` (a random one when None) and overridden by ``P=V`` words."""
    from droplab.harness.definition.catalogue import Catalogue, find_lab
    from droplab.harness.definition.loader import load

    overrides = assignments(settings, "--set")
    catalogue = Catalogue()
    chosen = secrets.randbelow(SEEDS) if seed is None else seed
    return load(find_lab(lab), seed=chosen, overrides=overrides), catalogue, overrides


def assignments(words: Sequence[str], where: str) -> dict[str, str]:
    """``k=v`` words as a mapping. Raises UsageError."""
    pairs = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"{where}: expected NAME=VALUE (got {word!r})")
        pairs[key] = value
    return pairs


def choose_runtime(name: str, lab: Lab) -> tuple[Runtime, str]:
    """The runtime, and one line that says why it was taken. Raises MachineLacks with all that is missing."""
    from droplab.harness.engine.clean import runtime_named

    if name == "auto":
        return _automatic(lab)
    runtime = runtime_named(name)
    if missing := runtime.missing(lab):
        raise MachineLacks("\n".join(missing))
    return runtime, ""


def _automatic(lab: Lab) -> tuple[Runtime, str]:
    from droplab.harness.engine.clean import runtime_named

    why = ["no docker socket"]
    if Path(os.environ.get("DOCKER_HOST", "/var/run/docker.sock").removeprefix("unix://")).exists():
        docker = runtime_named("docker")
        why = docker.missing(lab)
        if not why:
            return docker, "runtime docker: the daemon answers and the image is there"
    netns = runtime_named("netns")
    if missing := netns.missing(lab):
        raise MachineLacks("\n".join(missing))
    return netns, f"runtime netns: {why[0]}"


def refuse_host_faults(lab: Lab, *, allow_host: bool) -> None:
    """Raise UsageError when a fault of the lab is felt by the whole machine and that was not allowed."""
    from droplab.harness.engine.injection import refuse_host

    for use in lab.faults.values():
        refuse_host(f"{lab.id}: {use.key}", use.fault, allow_host=allow_host)


def print_json(document: Any) -> None:
    """One JSON document on standard output, nothing else."""
    import json

    click.echo(json.dumps(document, indent=2, ensure_ascii=False))

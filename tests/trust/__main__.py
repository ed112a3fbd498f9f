"""Run with ``make trust``; ``python -m tests.trust PART --quick`` for one part in its short form."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import flake_sweep, ground, kill_parts, many_labs_report, no_way_out, statistics
from .tally import draw

KILLS = {"netns": (300, 6), "docker": (60, 10), "host": (30, 3)}
"""Random kills in the full and in the quick form."""
RUNS = (200, 8)
LABS = ((200, 12), (20, 3))
"""On netns and on docker."""
AT_ONCE = 6


def kill_sweep(options: argparse.Namespace) -> int:
    """Each part in a process of its own, in namespaces of its own."""
    if os.environ.get(ground.INSIDE):
        return _kill_part(options)
    status = 0
    for part in options.only or kill_parts.GROUNDS:
        argv = ["kill-sweep", "--only", part, "--seed", str(options.seed), "--at-once", str(options.at_once)]
        argv += ["--match", options.match, *(["--steps", *map(str, options.steps)] if options.steps else [])]
        argv += ["--quick"] * options.quick
        print(f"\n{part}: seed {options.seed}", flush=True)
        status |= ground.inside(part, argv + (["--kills", str(options.kills)] if options.kills else []))
    return status


def _kill_part(options: argparse.Namespace) -> int:
    (part,) = options.only
    kills = options.kills or KILLS[part][options.quick]
    with ground.ground(part) as own:
        size = kill_parts.Size(kills, options.at_once, options.seed, tuple(options.steps))
        return draw(kill_parts.sweep(part, own, size, options.match))


def flakes(options: argparse.Namespace) -> int:
    """Lab 48 on a busy machine."""
    runs = options.runs or RUNS[options.quick]
    with ground.ground("netns"):
        return flake_sweep.report(
            runs=runs, at_once=options.at_once, first_seed=options.seed, runtime=options.runtime or "netns"
        )


def errors(options: argparse.Namespace) -> int:
    """The statistics alone."""
    return statistics.report(quick=options.quick, seed=options.seed)


def many(options: argparse.Namespace) -> int:
    """Labs at once."""
    number, on_docker = LABS[options.quick]
    return many_labs_report.report(
        number=options.labs or number,
        on_docker=on_docker if options.docker_labs is None else options.docker_labs,
        plot=options.plot,
    )


def attempts(options: argparse.Namespace) -> int:
    """Out of a node."""
    return no_way_out.report((options.runtime,) if options.runtime else ("netns", "docker"))


def everything(options: argparse.Namespace) -> int:
    """All parts, one after the other."""
    status = 0
    for part in ("statistics", "no-way-out", "kill-sweep", "flake-sweep", "many-labs"):
        print(f"\n== {part}", flush=True)
        status |= main([part, *(["--quick"] * options.quick), "--seed", str(options.seed)])
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.trust", description=__doc__)
    parser.set_defaults(do=everything, quick=False, seed=1)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--quick", action="store_true", help="the short form")
    common.add_argument("--seed", type=int, default=1, help="of everything that is drawn here")
    common.add_argument("--at-once", type=int, default=AT_ONCE, help="runs side by side")
    common.add_argument("--runtime", choices=["netns", "docker"])
    parts = parser.add_subparsers()
    for name, do, words in (
        ("all", everything, "every part"),
        ("kill-sweep", kill_sweep, "kill runs at every step and at random moments"),
        ("flake-sweep", flakes, "wrong verdicts on a busy machine"),
        ("statistics", errors, "how often a check is wrong, simulated"),
        ("many-labs", many, "200 labs at once"),
        ("no-way-out", attempts, "what root in a node tries in vain"),
    ):
        part = parts.add_parser(name, help=words, parents=[common])
        part.set_defaults(do=do)
        part.add_argument("--only", action="append", choices=[*kill_parts.GROUNDS], help="of the kill sweep")
        part.add_argument("--match", default="", metavar="REGEX", help="only parts of the kill sweep with such a name")
        part.add_argument("--steps", type=int, nargs="+", default=(), help="only these steps of the kill sweep")
        part.add_argument("--kills", type=int, help="random kills")
        part.add_argument("--runs", type=int, help="runs of the flake sweep")
        part.add_argument("--labs", type=int, help="labs at once on netns")
        part.add_argument("--docker-labs", type=int, help="labs at once on docker")
        part.add_argument("--plot", type=Path, help="write the cost of the labs as SVG")
    return parser


def main(argv: list[str]) -> int:
    """Run one part, or all; 1 when a promise was broken."""
    options = _parser().parse_args(argv)
    return int(options.do(options))


sys.exit(main(sys.argv[1:]))

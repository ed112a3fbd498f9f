"""Run with ``make trust``; ``python -m tests.trust PART --quick`` for one part in its short form."""

from __future__ import annotations

import argparse
import os
import sys

from . import ground, kill_parts
from .tally import draw

KILLS = {"netns": (300, 6), "docker": (60, 10), "host": (30, 3)}
"""Random kills in the full and in the quick form."""


def kill_sweep(options: argparse.Namespace) -> int:
    """Each part in a process of its own, in namespaces of its own."""
    if os.environ.get(ground.INSIDE):
        return _kill_part(options)
    status = 0
    for part in options.only or kill_parts.PARTS:
        argv = ["kill-sweep", "--only", part, "--seed", str(options.seed), *(["--quick"] * options.quick)]
        print(f"\n{part}: seed {options.seed}", flush=True)
        status |= ground.inside(part, [*argv, *(["--kills", str(options.kills)] if options.kills else [])])
    return status


def _kill_part(options: argparse.Namespace) -> int:
    (part,) = options.only
    kills = options.kills or KILLS[part][options.quick]
    with ground.ground(part) as own:
        return draw(list(kill_parts.PARTS[part](own, kill_parts.Size(kills, options.at_once, options.seed))))


def main() -> int:
    """Run one part; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust", description=__doc__)
    commands = parser.add_subparsers(required=True)
    kill = commands.add_parser("kill-sweep", help="kill runs at every step and at random moments")
    kill.add_argument("--only", action="append", choices=[*kill_parts.PARTS])
    kill.add_argument("--kills", type=int, help="random kills")
    kill.add_argument("--at-once", type=int, default=6, help="runs side by side")
    kill.set_defaults(do=kill_sweep)
    for command in (kill,):
        command.add_argument("--quick", action="store_true", help="the short form")
        command.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    return int(options.do(options))


sys.exit(main())

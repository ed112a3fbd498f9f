"""Evidence and repairs: the commands of a solution, run in the nodes as a student types them."""

from __future__ import annotations

import re
import subprocess
import time
from typing import TYPE_CHECKING

from droplab.harness.contracts.node import Result
from droplab.harness.definition.lab import Look
from droplab.harness.engine.report import Evidence

if TYPE_CHECKING:
    from droplab.harness.runtime.contract import Provisioned


def look(lab: Provisioned, what: Look) -> Evidence:
    """Run the command of ``what`` and say whether it shows what it must."""
    result = _run(lab, what)
    shown = result.stdout + result.stderr
    held = (what.shows is None or re.search(what.shows, shown, re.MULTILINE) is not None) and (
        what.lacks is None or re.search(what.lacks, shown, re.MULTILINE) is None
    )
    expected = [f"shows /{what.shows}/"] if what.shows else []
    expected += [f"lacks /{what.lacks}/"] if what.lacks else []
    command = what.command
    if what.during:
        command += f"   (while {what.during[0]}# {what.during[1]})"
    return Evidence(what.node, command, shown, result.returncode, " and ".join(expected), held, result.duration_s)


def repair(lab: Provisioned, node: str, command: str) -> Evidence:
    """Run a command of the solution; it holds when it ends with status 0."""
    argv = _shell(command)
    result = lab.switch.run(argv, check=False) if node == "switch" else lab.nodes[node].exec(argv)
    return Evidence(
        node, command, result.stdout + result.stderr, result.returncode, None, result.returncode == 0, result.duration_s
    )


def _run(lab: Provisioned, what: Look) -> Result:
    if what.node == "host":
        return _on_this_machine(what.command)
    if what.node == "switch":
        return lab.switch.run(_shell(what.command), check=False)
    if what.during:
        other, command = what.during
        return lab.nodes[what.node].exec_until(_shell(what.command), lab.nodes[other], _shell(command))[0]
    return lab.nodes[what.node].exec(_shell(what.command))


def _on_this_machine(command: str) -> Result:
    argv, began = _shell(command), time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, errors="replace")
    return Result(argv, done.returncode, done.stdout, done.stderr, time.monotonic() - began)


def _shell(command: str) -> tuple[str, ...]:
    return ("sh", "-c", command)

"""What a lab needs of the machine, whichever runtime its nodes live in: faults and remedies are the host's tools."""

from __future__ import annotations

from collections.abc import Iterable

from droplab.harness.definition.lab import Lab
from droplab.harness.runtime.node import find_tool
from droplab.harness.runtime.packages import package_of

ALWAYS = ("nsenter", "ip", "nft")
"""To run anything in a node, to flush its caches, to compare its rules."""


def missing_tools(lab: Lab, more: Iterable[str] = ()) -> list[str]:
    """One line for each tool of the host that the lab's faults and probes run and that is not installed."""
    wanted = [*ALWAYS, *more]
    wanted += [tool for use in lab.faults.values() for tool in use.fault.needs]
    wanted += [tool for probe in lab.probes.values() for tool in probe.probe.needs]
    return [
        f"{tool} is not installed: apt-get install {package_of(tool)}"
        for tool in dict.fromkeys(wanted)
        if find_tool(tool) is None
    ]

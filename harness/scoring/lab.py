"""A lab as a test of a tool sees it: nodes to run things in, the truth, and what to show when the test fails."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from droplab.harness.contracts.node import Result
from droplab.harness.engine.capture import Captures
from droplab.harness.errors import UsageError
from droplab.harness.runtime.contract import LiveNode
from droplab.harness.runtime.node import find_tool
from droplab.harness.scoring.bench import Bench
from droplab.harness.scoring.drops import Drops, drops_or_nothing
from droplab.harness.scoring.evidence import Counters, all_counters, moved
from droplab.harness.scoring.truth import Truth

MOST_SHOWN = 2000
HANDED_OVER_S = 1.2
"""tcpdump is handed what was captured in blocks, at the latest after 1 s; what is younger when it ends is lost."""


@dataclass(frozen=True)
class LabNode:
    """A node. Whatever is run in it is remembered and shown when the test fails."""

    name: str
    address: str
    node: LiveNode
    _said: list[tuple[str, Result]] = field(default_factory=list, repr=False)

    def run(self, argv: Sequence[str], *, timeout_s: float = 60, check: bool = False) -> Result:
        """Run a program of this machine in the node's network; its files, and so its resolver, are the machine's.

        Raises CommandFailed when ``check`` and the exit status is not 0, MachineLacks for a program that is not there.
        """
        return self._noted(self.node.run(argv, check=check, timeout_s=timeout_s))

    def exec(self, argv: Sequence[str], *, timeout_s: float = 60) -> Result:
        """Run a program inside the node, where the names of the lab resolve; confined as a student's shell is."""
        return self._noted(self.node.exec(argv, timeout_s=timeout_s))

    def _noted(self, result: Result) -> Result:
        self._said.append((self.name, result))
        return result


class Lab:
    """The lab of one test: ``lab.client`` or ``lab["client"]`` is a node, ``lab.truth`` what is wrong with it."""

    def __init__(self, bench: Bench, folder: Path, *, captures: bool = True) -> None:
        self.bench = bench
        self.folder = folder
        self._captures = captures
        self.said: list[tuple[str, Result]] = []
        self._stack = ExitStack()
        self._counted: dict[str, Counters] = {}
        self._drops: Drops | None = None

    def watch(self) -> None:
        """From here on count and capture; up to here it was preparation."""
        self._counted = all_counters(self.bench.nodes)
        self._drops = drops_or_nothing(self._stack)
        if self._captures and find_tool("tcpdump"):
            self._stack.enter_context(Captures(self.folder, "test", self.bench.nodes))

    @property
    def nodes(self) -> Mapping[str, LabNode]:
        """Every node by name."""
        return {
            name: LabNode(name, str(self.bench.lab.nodes[name].address), node, self.said)
            for name, node in self.bench.nodes.items()
        }

    def __getitem__(self, name: str) -> LabNode:
        """A node. Raises UsageError."""
        if name not in self.bench.nodes:
            raise UsageError(f"lab {self.bench.lab.id} has no node {name!r}; it has {', '.join(self.bench.nodes)}")
        return self.nodes[name]

    def __getattr__(self, name: str) -> LabNode:
        """``lab.client``."""
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except UsageError as error:
            raise AttributeError(str(error)) from None

    @property
    def truths(self) -> tuple[Truth, ...]:
        """Every fault that is in."""
        return tuple(self.bench.truths)

    @property
    def truth(self) -> Truth:
        """The fault that is in. Raises UsageError unless there is exactly one."""
        if len(self.bench.truths) != 1:
            keys = ", ".join(truth.key for truth in self.bench.truths) or "none: it is healthy"
            raise UsageError(f"lab.truth: one fault is expected (in are {keys}); ask lab.truths, or give only=[KEY]")
        return self.bench.truths[0]

    @property
    def drops(self) -> Mapping[str, int]:
        """Drop reason to packets since the test began, as far as tracefs tells (see Drops); empty without it."""
        return self._drops.counts() if self._drops else {}

    def evidence(self) -> str:
        """Truth, commands and the kernel's counters since ``watch``, as text."""
        lines = [
            f"fault {truth.key}: {truth.kind} on {truth.node}; proven: {truth.proof.trace}; {truth.proof.symptom}"
            for truth in self.truths
        ] or ["no fault: the lab is healthy"]
        for node, result in self.said:
            lines.append(f"{node}# {result.words}   (exit status {result.returncode}, {result.duration_s:.2f} s)")
            lines.append((result.stdout + result.stderr)[:MOST_SHOWN])
        lines += [f"dropped, says skb:kfree_skb: {reason} {count}" for reason, count in self.drops.items()]
        return "\n".join([*lines, "counters that moved:", *moved(self._counted, all_counters(self.bench.nodes))])

    def keep(self) -> list[Path]:
        """Write report.json beside the captures: the files that are there now."""
        if self._captures:
            time.sleep(HANDED_OVER_S)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "report.json").write_text(json.dumps(self._document(), indent=2, default=str) + "\n")
        self._stack.close()
        return sorted(self.folder.iterdir())

    def forget(self) -> None:
        """Remove the captures of a test that has passed."""
        self._stack.close()
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _document(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "lab": self.bench.lab.id,
            "seed": self.bench.lab.seed,
            "parameters": dict(self.bench.lab.parameters),
            "truths": [asdict(truth) for truth in self.truths],
            "commands": [{"node": node, **asdict(result)} for node, result in self.said],
            "drops": self.drops,
            "counters": moved(self._counted, all_counters(self.bench.nodes)),
        }

    def __enter__(self) -> Lab:
        self.bench.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stack.close()
        finally:
            self.bench.__exit__(kind, error, trace)


Inject = Callable[..., AbstractContextManager[Truth]]
"""``inject(lab.nginx, "mtu", mtu=100)``: a fault for the length of the block."""


def injector(lab: Lab) -> Inject:
    """The fixture ``inject`` of a lab."""

    def inject(node: LabNode | str, kind: str, **parameters: Any) -> AbstractContextManager[Truth]:
        name = node if isinstance(node, str) else node.name
        return lab.bench.broken_with(name, kind, parameters)

    return inject

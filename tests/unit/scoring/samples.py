"""Outcomes of two tools, made by hand."""

from __future__ import annotations

from pathlib import Path

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.scoring import cases
from droplab.harness.scoring.baseline import Change
from droplab.harness.scoring.rates import Score, scores
from droplab.harness.scoring.scoring import Scoring
from droplab.harness.scoring.tool import Tool
from droplab.harness.scoring.tool_loader import load_tools
from droplab.harness.scoring.trial import Outcome

TOOLS = Path(__file__).parents[2] / "tools"


def tools() -> list[Tool]:
    return load_tools([TOOLS / "ping.yaml", TOOLS / "iptables.yaml"])


def outcome(tool: str, case: cases.Case, repeat: int, **said: object) -> Outcome:
    fields = {"controls": 1 if case.kind else 2, "real": case.real, "after_s": 0.5, **said}
    return Outcome(tool, case.id, case.kind, repeat, 7, "counted", **fields)  # type: ignore[arg-type]


def outcomes() -> list[Outcome]:
    drop, *_ = cases.cases(Catalogue(), ["iptables_drop"], lookalikes=False)
    healthy = cases.healthy()
    found = []
    for repeat in (1, 2, 3, 4):
        found += [
            outcome("ping", drop, repeat, noticed=repeat > 1, why="client loss: 31 of 100 <lost>"),
            outcome("ping", healthy, repeat, false_alarms=int(repeat == 1)),
            outcome("iptables", drop, repeat, noticed=True, named=("iptables_drop",), drops=("NETFILTER_DROP 60",)),
            outcome("iptables", healthy, repeat),
        ]
    lost = Outcome("iptables", drop.id, drop.kind, 5, 7, "ineffective", True, why="INEFFECTIVE and rolled back")
    return [*found, lost]


def score_list() -> list[Score]:
    return scores(tools(), cases.cases(Catalogue(), ["iptables_drop", "healthy"]), outcomes(), {"ping": "iputils 1"})


def scoring(*changes: Change) -> Scoring:
    return Scoring(tuple(score_list()), changes, 7, "netns", {"kernel": "6.18.0"}, 12.0, "droplab score tests/tools")

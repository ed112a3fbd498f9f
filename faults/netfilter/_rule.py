"""A rule of iptables: appended, found, counted and deleted by its own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from droplab.harness.contracts.change import Argv, Change, Question
from droplab.harness.contracts.trace import OwnCounter


@dataclass(frozen=True)
class Rule:
    """A rule at the end of a chain. ``words``: match and target, as typed after ``iptables -A CHAIN``."""

    chain: str
    words: Argv
    table: Literal["filter", "nat", "mangle", "raw"] = "filter"
    tool: Literal["iptables", "iptables-legacy"] = "iptables"

    def argv(self, action: Literal["-A", "-C", "-D"]) -> Argv:
        """The command that appends, finds or deletes it."""
        table = () if self.table == "filter" else ("-t", self.table)
        return (self.tool, *table, action, self.chain, *self.words)

    def change(self) -> Change:
        """The rule as a whole change."""
        return Change(apply=(self.argv("-A"),), present=Question(self.argv("-C")), revert=(self.argv("-D"),))

    def counter(self, *wanted: str) -> OwnCounter:
        """Packets in the last rule of the chain with this target that shows each of the patterns ``wanted``.

        They are of the rule as iptables-save prints it, which orders and rounds some words.
        """
        target = re.escape(" ".join(self.words[self.words.index("-j") :]))
        looks = "".join(f"(?=.*{pattern})" for pattern in wanted)
        return OwnCounter(
            "packets in the rule",
            (f"{self.tool}-save", "-c", "-t", self.table),
            rf"(?s:.*)^\[(\d+):\d+\] -A {self.chain}\b{looks}.* {target}$",
        )


def of_port(chain: str, port: int | None) -> Argv:
    """The match of a TCP port of the node: where packets leave it, it is the source port. Nothing without a port."""
    if port is None:
        return ()
    return ("-p", "tcp", "--sport" if chain in {"OUTPUT", "POSTROUTING"} else "--dport", str(port))

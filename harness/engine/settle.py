"""Flushing hidden state that decides results, before every measured phase."""

from __future__ import annotations

from collections.abc import Iterable

from droplab.harness.contracts.node import Node

FLUSHES = (
    ("ip", "route", "flush", "cache"),  # PMTU exceptions live for 600 s
    ("ip", "tcp_metrics", "flush", "all"),  # a peer that is known bypasses the SYN backlog rule
    ("ip", "neigh", "flush", "nud", "failed"),  # else the first probe after a repair is EHOSTUNREACH
)


def settle(nodes: Iterable[Node]) -> None:
    """Forget what earlier traffic taught the nodes' kernels."""
    for node in nodes:
        for argv in FLUSHES:
            node.run(argv, check=False)

"""The processes and the changed files of a node, as its runtime tells them."""

from __future__ import annotations

from collections import Counter

from droplab.harness.engine.snapshot.model import Section
from droplab.harness.engine.snapshot.normalise import DIGEST_LENGTH
from droplab.harness.runtime.contract import LiveNode


def processes(node: LiveNode) -> Section:
    """Command line to "user N" to how many of them run or are stopped."""
    counted: dict[str, dict[str, Counter[str]]] = {}
    for line in node.processes():
        uid, state, argv = line.split(" ", 2)
        counted.setdefault(argv, {}).setdefault(f"user {uid}", Counter())[state] += 1
    return {argv: {user: _words(states) for user, states in users.items()} for argv, users in counted.items()}


def _words(states: Counter[str]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items()))


def files(node: LiveNode) -> Section:
    """Path to "mode owner digest", the digest shortened."""
    return {"": {path: _short(described) for path, described in sorted(node.files().items())}}


def _short(described: str) -> str:
    head, _, digest = described.rpartition(" ")
    return f"{head} {digest[:DIGEST_LENGTH]}" if len(digest) == 64 else described

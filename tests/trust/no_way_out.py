"""``no-way-out``: what root in a node tried, and what stopped it, in the kernel's or the tool's own words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from droplab.harness.engine.clean import runtime_named
from droplab.harness.runtime.contract import Lifetime
from tests.runtimes.labs import two_nodes
from tests.runtimes.test_isolation import ATTEMPTS

from .ground import ground


@dataclass(frozen=True)
class Attempt:
    """One attempt: the command's exit status on each runtime, and what was said."""

    what: str
    command: str
    stopped: dict[str, str]
    got_out: tuple[str, ...]


def attempts(runtimes: tuple[str, ...]) -> list[Attempt]:
    """Every attempt of the tests, on each runtime."""
    results: dict[str, dict[str, tuple[int, str]]] = {}
    for runtime in runtimes:
        with ground(runtime):
            live = runtime_named(runtime).provision(two_nodes(), "0badf00d", Lifetime())
            try:
                node = live.nodes["nginx"]
                results[runtime] = {
                    what: (done.returncode, done.stderr.strip() or done.stdout.strip())
                    for what, command in ATTEMPTS.items()
                    for done in [node.exec(["sh", "-c", command])]
                }
            finally:
                live.close()
    return [_attempt(what, command, results) for what, command in ATTEMPTS.items()]


def _attempt(what: str, command: str, results: dict[str, dict[str, tuple[int, str]]]) -> Attempt:
    told = {runtime: found[what] for runtime, found in results.items()}
    return Attempt(
        what,
        command,
        {runtime: _short(words) or "nothing there to use" for runtime, (_, words) in told.items()},
        tuple(runtime for runtime, (status, _) in told.items() if status == 0),
    )


def _short(words: str) -> str:
    """The last line that says what happened, without the name of the program and the file."""
    lines = [line for line in words.splitlines() if "may have more information" not in line]
    return lines[-1].rpartition(": ")[2].partition(" in directory ")[0].replace("|", "\\|") if lines else ""


def report(runtimes: tuple[str, ...]) -> int:
    """Print the table in Markdown, for docs/trust.md; 1 when something got out."""
    found = attempts(runtimes)
    for line in _markdown(found, runtimes):
        print(line)
    escaped = [attempt.what for attempt in found if attempt.got_out]
    print(f"\n{len(found)} attempts on {' and '.join(runtimes)}: {len(escaped)} got out {', '.join(escaped)}".rstrip())
    return 1 if escaped else 0


def _markdown(found: list[Attempt], runtimes: tuple[str, ...]) -> Iterator[str]:
    yield "| tried by root in a node | " + " | ".join(f"stopped on {runtime} by" for runtime in runtimes) + " |"
    yield "|---" * (1 + len(runtimes)) + "|"
    for attempt in found:
        yield f"| {attempt.what} | " + " | ".join(attempt.stopped[runtime] for runtime in runtimes) + " |"

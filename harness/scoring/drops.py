"""What the kernel itself says of the packets it threw away: drop reasons of tracepoint skb:kfree_skb, by tracefs.

No BPF is needed. The counts are a lower bound: the tracepoint knows no network namespace, so only what happens in the
context of our own processes and their children is counted (a packet over a veth is received in its sender's context);
what a timer sends again, and what a server answers, is not.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from droplab.harness.errors import MachineLacks

TRACEFS = "sys/kernel/tracing"
SCRIPT = """
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
instance=/sys/kernel/tracing/instances/$0
mkdir "$instance" && echo ready
read -r _ignored
echo 0 > "$instance/tracing_on"
rmdir "$instance"
"""
"""Holds an instance of our own in a mount namespace of its own, until its standard input ends: also after a kill."""
REASON = re.compile(r"kfree_skb: .*\breason: (\w+)")


class Drops:
    """Counts while the block runs. Raises MachineLacks on its way in where there is no tracefs."""

    def __init__(self) -> None:
        self._holder: subprocess.Popen[str] | None = None
        self.name = f"droplab-{os.getpid()}-{secrets.token_hex(4)}"
        """Of the instance."""
        self._instance = Path()

    def __enter__(self) -> Drops:
        argv = ("unshare", "--mount", "sh", "-c", SCRIPT, self.name)
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        self._holder = subprocess.Popen(
            argv, stdin=pipe, stdout=pipe, stderr=nothing, text=True, start_new_session=True
        )
        said = self._holder.stdout.readline() if self._holder.stdout else ""
        if said.strip() != "ready":
            self._end()
            raise MachineLacks("no drop reasons: the kernel has no tracefs, or this is not root")
        self._instance = Path(f"/proc/{self._holder.pid}/root/{TRACEFS}/instances/{self.name}")
        self._begin()
        return self

    def _begin(self) -> None:
        (self._instance / "options" / "event-fork").write_text("1")
        threads = [entry.name for entry in Path("/proc/self/task").iterdir()]
        (self._instance / "set_event_pid").write_text(" ".join(threads))
        (self._instance / "events" / "skb" / "kfree_skb" / "enable").write_text("1")

    def counts(self) -> Mapping[str, int]:
        """Reason to how many packets, so far."""
        return Counter(REASON.findall((self._instance / "trace").read_text(errors="replace")))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._holder is not None:
            self._holder.communicate(timeout=10)


def drops_or_nothing(stack: ExitStack) -> Drops | None:
    """Counting until the end of ``stack``, or None where the machine has no tracefs."""
    try:
        return stack.enter_context(Drops())
    except MachineLacks:
        return None

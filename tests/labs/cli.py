"""The command line as a user calls it: a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

DROPLAB = (sys.executable, "-m", "droplab")


def droplab(*words: str, timeout_s: float = 120, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``droplab WORDS``; standard input is empty unless ``stdin`` is given."""
    return subprocess.run(
        (*DROPLAB, *words), capture_output=True, text=True, timeout=timeout_s, check=False, input=stdin or ""
    )


def report_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON document on standard output."""
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document

"""Running pytest on a project of somebody else's, with droplab's plugin and no other one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run_pytest(project: Path, *options: str, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
    """A pytest of its own: the plugin is loaded once, whether or not it is installed as an entry point."""
    argv = [sys.executable, "-m", "pytest", "-p", "droplab.harness.pytest_plugin", "-p", "no:cacheprovider", "-v"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [*argv, "--rootdir", str(project), *options, str(project)],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Test to PASSED, FAILED, SKIPPED or ERROR."""
    lines = [line.split() for line in done.stdout.splitlines() if "::" in line]
    words = ("PASSED", "FAILED", "SKIPPED", "ERROR")
    return {line[0].partition("::")[2]: line[1] for line in lines if len(line) > 1 and line[1] in words}

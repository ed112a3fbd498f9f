"""The facts of the machine that a report records."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping

VERSIONS = {
    "iptables": ("iptables", "--version"),
    "iproute2": ("ip", "-V"),
    "nginx": ("nginx", "-v"),
}


def facts(extra: Mapping[str, str]) -> dict[str, str]:
    """Kernel, distribution, cores and the versions of the tools that faults use; ``extra`` comes from the runtime."""
    from droplab import __version__

    return {
        "kernel": platform.release(),
        "machine": platform.machine(),
        "distribution": _distribution(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "droplab": __version__,
        **{name: _first_line(argv) for name, argv in VERSIONS.items()},
        **extra,
    }


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    except OSError:
        return "unknown"


def _first_line(argv: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "not installed"
    return next(iter((done.stdout + done.stderr).splitlines()), "unknown")

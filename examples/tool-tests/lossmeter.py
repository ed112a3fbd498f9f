#!/usr/bin/env python3
"""lossmeter HOST: an example of a tool under test. It opens TCP connections and says how many were not answered."""

from __future__ import annotations

import socket
import sys

TRIES = 60
PATIENCE_S = 0.15


def answered(host: str) -> bool:
    """Whether a connection to port 80 is made, or refused, in time."""
    try:
        with socket.create_connection((host, 80), PATIENCE_S):
            return True
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def main() -> int:
    """Print one line; exit status 1 when something was lost."""
    lost = sum(not answered(sys.argv[1]) for _ in range(TRIES))
    print(f"{TRIES} sent, {TRIES - lost} answered")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())

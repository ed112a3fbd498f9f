from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.netns.engine.ground import Ground, ground


def _left() -> tuple[set[str], set[str], int]:
    """Our children, the host's interfaces, and how many descriptors we hold."""
    children = set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())
    links = {path.name for path in Path("/sys/class/net").iterdir() if not path.name.startswith(("veth", "br-"))}
    return children, links, len(os.listdir("/proc/self/fd"))  # noqa: PTH208


@pytest.fixture
def net() -> Iterator[Ground]:
    """A fresh network, of which nothing is left afterwards."""
    children, links, descriptors = _left()
    with ExitStack() as stack:
        yield stack.enter_context(ground())
    now = _left()
    assert now[:2] == (children, links)
    assert now[2] <= descriptors

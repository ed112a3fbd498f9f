"""What a test becomes where the machine lacks something, and what an expected failure looks like in pytest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from droplab.harness.errors import DroplabError, MachineLacks


@contextmanager
def machine(config: pytest.Config) -> Iterator[None]:
    """What this machine lacks skips the test with doctor's words; with ``--droplab-require`` it is an error."""
    try:
        yield
    except MachineLacks as error:
        if config.getoption("--droplab-require"):
            pytest.fail(f"--droplab-require: {error}", pytrace=False)
        pytest.skip(f"droplab: {error}")
    except DroplabError as error:
        pytest.fail(f"droplab: {error}", pytrace=False)


@contextmanager
def collecting() -> Iterator[None]:
    """An expected failure of droplab's while tests are collected is one line for the person."""
    try:
        yield
    except DroplabError as error:
        raise pytest.UsageError(str(error)) from None

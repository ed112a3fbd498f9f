"""The table of the catalogue, printed at the end of the session."""

from __future__ import annotations

import pytest

from tests.netns.faults.table import Table

TABLE = pytest.StashKey[Table]()


@pytest.fixture
def fault_table(request: pytest.FixtureRequest) -> Table:
    """Where a kind's proof is noted down."""
    return request.config.stash.setdefault(TABLE, Table())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    table = config.stash.get(TABLE, None)
    if table and table.rows:
        terminalreporter.section("the fault catalogue on this kernel")
        for line in table.lines():
            terminalreporter.write_line(line)

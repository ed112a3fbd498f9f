from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.service.unreadable_files import UnreadableFiles
from droplab.harness.errors import UsageError

from .answers import Answers, words

PAGE = "/var/www/html/index.html"


def test_commands() -> None:
    change = UnreadableFiles().plan(Answers({f"stat -c %a {PAGE}": "644\n"}))
    assert words(change) == ([f"chmod 600 {PAGE}"], [f"chmod 644 {PAGE}"])
    assert change.present.holds(Answers({f"stat -c %a {PAGE}": "600\n"}))
    assert change.original is not None
    assert change.original.holds(Answers({f"stat -c %a {PAGE}": "644\n"}))


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="no file /srv/lost"):
        UnreadableFiles(path="/srv/lost").plan(Answers())


@pytest.mark.parametrize("path", ["index.html", "/", "/var/www/*", "/a b", "/a;b"])
def test_nonsense_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        UnreadableFiles(path=path)

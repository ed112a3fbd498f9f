from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.service.request_limit import RequestLimit
from droplab.harness.errors import UsageError

from .answers import Answers, words

CONF = "/etc/nginx/nginx.conf"
LIMIT = "limit_req_zone $binary_remote_addr zone=each:1m rate=5r/s; limit_req zone=each;"


def test_one_line_is_edited_there_and_back() -> None:
    change = RequestLimit(rate=5).plan(Answers({f"cat {CONF}": "events {\n}\nhttp {\n}\n"}))
    apply, revert = words(change)
    assert apply[0] == f"sed -i 's|^http {{|http {{ {LIMIT}|' {CONF}"
    assert revert[0] == f"sed -i 's|^http {{ {LIMIT}|http {{|' {CONF}"
    assert apply[1] == revert[1]
    assert change.present.holds(Answers({f"grep -qF '{LIMIT}' {CONF}": ""}))


def test_a_configuration_without_that_block_is_refused() -> None:
    with pytest.raises(UsageError, match="expected one"):
        RequestLimit().plan(Answers({f"cat {CONF}": "stream {\n}\n"}))


@pytest.mark.parametrize("rate", [0, 51, 1.5, "fast"])
def test_nonsense_is_refused(rate: object) -> None:
    with pytest.raises(ValidationError):
        RequestLimit.model_validate({"rate": rate})

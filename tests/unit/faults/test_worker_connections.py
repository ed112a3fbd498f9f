from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.service.worker_connections import WorkerConnections
from droplab.harness.contracts.trace import OwnCounter

from .answers import Answers, words

CONF = "/etc/nginx/nginx.conf"
NODE = Answers({f"cat {CONF}": "events {\n    worker_connections 1024;\n}\n"})


def test_commands() -> None:
    apply, revert = words(WorkerConnections(limit=8).plan(NODE))
    assert apply[0] == f"sed -i 's|worker_connections 1024;|worker_connections 8;|' {CONF}"
    assert "for _ in {1..8}" in apply[2]
    assert "-ge 6 ]" in apply[3]
    assert revert[:2] == [
        "pkill -f 'Host: slow-client'",
        f"sed -i 's|worker_connections 8;|worker_connections 1024;|' {CONF}",
    ]
    assert apply[1] == revert[2]
    assert "nginx -s reload" in apply[1]


def test_the_log_is_counted_in_the_node() -> None:
    counter = WorkerConnections().signature().traces[0]
    assert isinstance(counter, OwnCounter)
    assert counter.place == "node"
    said = {"grep -c 'worker_connections are not enough' /var/log/nginx/error.log": "17\n"}
    assert counter.read(Answers(said), Answers()) == 17
    assert counter.read(Answers(), Answers()) == 0


@pytest.mark.parametrize("parameters", [{"limit": 3}, {"limit": 257}, {"limit": "few"}])
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WorkerConnections.model_validate(parameters)

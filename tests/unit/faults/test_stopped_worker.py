from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.tcp.stopped_worker import StoppedWorker
from droplab.harness.errors import UsageError

from .tcp_node import TcpNode

WORKER = "nginx: worker process"


def test_commands() -> None:
    change = StoppedWorker().plan(TcpNode({f"pgrep -f '{WORKER}'": "7\n"}))
    assert change.apply == (("pkill", "-STOP", "-f", WORKER),)
    assert change.revert == (("pkill", "-CONT", "-f", WORKER),)
    assert change.present.argv == ("pgrep", "-r", "T", "-f", WORKER)
    assert change.place == change.present.place == "node"


def test_nothing_to_stop() -> None:
    with pytest.raises(UsageError, match="no process of nginx has 'gunicorn: worker'"):
        StoppedWorker(process="gunicorn: worker").plan(TcpNode())


def test_waiting_connections_are_counted() -> None:
    counter = StoppedWorker(port=8080).signature().traces[0]
    said = {"ss -ltnH 'sport = :8080'": "LISTEN 17     511    0.0.0.0:8080   0.0.0.0:*\n"}
    assert counter.read(TcpNode(said), TcpNode()) == 17


@pytest.mark.parametrize("parameters", [{"process": ""}, {"process": "."}, {"process": ".*"}, {"port": 0}])
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StoppedWorker.model_validate(parameters)

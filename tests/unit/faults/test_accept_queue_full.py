from __future__ import annotations

import subprocess

import pytest
from pydantic import ValidationError

from droplab.faults.tcp.accept_queue_full import AcceptQueueFull
from droplab.harness.errors import UsageError

from .answers import words
from .tcp_node import TcpNode, listens

WORKER = {"pgrep -f 'nginx: worker process'": "7\n"}


@pytest.mark.parametrize(("bound", "address"), [("0.0.0.0", "127.0.0.1"), ("*", "127.0.0.1"), ("198.18.1.2",) * 2])
def test_commands(bound: str, address: str) -> None:
    change = AcceptQueueFull().plan(TcpNode({**listens(80, address=bound), **WORKER}))
    (stop, fill), revert = words(change)
    assert stop == "pkill -STOP -f 'nginx: worker process'"
    assert f"http://{address}:80/?[1-300]" in fill
    assert revert == ["pkill -CONT -f 'nginx: worker process'"]
    assert change.place == "node"


@pytest.mark.parametrize(
    ("queue", "status"), [("LISTEN 512 511", 0), ("LISTEN 511 511", 1), ("LISTEN 9 8\nLISTEN 0 8", 1)]
)
def test_the_queue_is_full_above_its_backlog(queue: str, status: int) -> None:
    fill = AcceptQueueFull().plan(TcpNode({**listens(80), **WORKER})).apply[1][-1]
    full = fill.partition("| ")[2].partition("; do")[0]
    assert subprocess.run(["sh", "-c", full], input=queue, text=True, check=False).returncode == status


def test_nobody_listens_or_accepts() -> None:
    with pytest.raises(UsageError, match="nothing listens on TCP port 81 of nginx"):
        AcceptQueueFull(port=81).plan(TcpNode({**listens(80), **WORKER}))
    with pytest.raises(UsageError, match="no process of nginx has 'nginx: worker process'"):
        AcceptQueueFull().plan(TcpNode(listens(80)))


@pytest.mark.parametrize("parameters", [{"process": ".*"}, {"port": 65536}, {"backlog": 1}])
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AcceptQueueFull.model_validate(parameters)

from __future__ import annotations

import re
from ipaddress import IPv4Network

import pytest
from pydantic import ValidationError

from droplab.faults.tcp._md5 import key_for
from droplab.faults.tcp.tcp_md5 import TcpMd5
from droplab.harness.errors import UsageError

from .tcp_node import TcpNode, listens


def test_commands() -> None:
    change = TcpMd5(peers="198.18.1.0/24").plan(TcpNode(listens(80)))
    (apply,), (revert,) = change.apply, change.revert
    assert apply[1:-1] == ("-m", "droplab.faults.tcp._md5", "--port", "80", "--peers", "198.18.1.0/24", "--key")
    assert re.fullmatch("[0-9a-f]{32}", apply[-1])
    assert revert == apply[:-2]


def test_the_key_is_looked_for_by_its_peers() -> None:
    shown = TcpMd5(peers="198.18.1.0/24").plan(TcpNode(listens(80))).present.shows
    assert shown is not None
    assert re.search(shown, "\t reno cwnd:10 md5keys:198.18.1.0/24=x")
    assert re.search(shown, "md5keys:198.18.9.0/24=x,198.18.1.0/24=x")
    assert not re.search(shown, "md5keys:198.18.1.0/25=x")


def test_nothing_listens() -> None:
    with pytest.raises(UsageError, match="nothing listens on TCP port 81 of nginx"):
        TcpMd5(port=81).plan(TcpNode(listens(80)))


def test_struct_tcp_md5sig() -> None:
    packed = key_for(IPv4Network("198.18.0.0/15"), b"secret")
    assert len(packed) == 128 + 8 + 80
    assert packed[4:8] == bytes([198, 18, 0, 0])
    assert packed[128:136] == bytes([1, 15, 6, 0, 0, 0, 0, 0])
    assert key_for(IPv4Network("0.0.0.0/0"), b"")[128:136] == bytes([1, 0, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("parameters", [{"port": 0}, {"port": 65536}, {"peers": "198.18.1.1/24"}, {"peers": "nginx"}])
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TcpMd5.model_validate(parameters)

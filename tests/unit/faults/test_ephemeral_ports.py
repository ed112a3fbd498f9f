from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from droplab.faults.tcp.ephemeral_ports import EphemeralPorts
from droplab.harness.errors import UsageError

from .tcp_node import TcpNode

RANGE = "net.ipv4.ip_local_port_range"
NODE = TcpNode(
    files={"/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n"}, hosts={"nginx": "198.18.1.2"}, name="client"
)


def test_commands() -> None:
    change = EphemeralPorts(ports=32).plan(NODE)
    narrow, leak = change.apply
    assert narrow == ("sysctl", "-qw", f"{RANGE}=40000 40031")
    assert 'IO::Socket::INET->new("198.18.1.2:80")' in leak[-1]
    assert change.revert[0] == ("sysctl", "-qw", f"{RANGE}=32768 60999")
    assert change.place == change.present.place == "node"


def test_the_program_is_found_and_the_search_is_not() -> None:
    change = EphemeralPorts().plan(NODE)
    pattern = change.revert[1][-1]
    assert re.search(pattern, " ".join(change.apply[1]))
    assert not re.search(pattern, change.present.argv[-1])
    assert not re.search(pattern, " ".join(EphemeralPorts(server="198.18.1.21:80").plan(NODE).apply[1]))


def test_an_unknown_server() -> None:
    with pytest.raises(UsageError, match="client knows no web; it knows nginx"):
        EphemeralPorts(server="web:80").plan(NODE)


@pytest.mark.parametrize(
    "parameters", [{"ports": 0}, {"ports": 1}, {"ports": 501}, {"first": 1023}, {"server": "nginx"}, {"server": ":80"}]
)
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EphemeralPorts.model_validate(parameters)


def test_the_highest_port_there_is() -> None:
    assert EphemeralPorts(ports=500, first=65_000).last < 65_536

from __future__ import annotations

import struct
from itertools import islice

import pytest
from pydantic import ValidationError

from droplab.faults.tcp._half_open import syns
from droplab.faults.tcp.syn_queue_full import SynQueueFull
from droplab.harness.errors import UsageError

from .answers import Attributes, words
from .tcp_node import TcpNode, listens

FILES = {"/proc/sys/net/ipv4/tcp_syncookies": "1\n", "/proc/sys/net/ipv4/tcp_max_syn_backlog": "512\n"}
SET = "sysctl -qw net.ipv4.tcp_syncookies={} net.ipv4.tcp_max_syn_backlog={}"


class Network:
    """eth0 with one address, and a default route."""

    def __init__(self, address: str, length: int) -> None:
        self.address, self.length = address, length

    def get_links(self, ifname: str) -> list[Attributes]:
        return [Attributes(index=2, IFLA_IFNAME=ifname)]

    def get_addr(self, family: int, index: int) -> list[Attributes]:
        return [Attributes(IFA_ADDRESS=self.address, prefixlen=self.length)]

    def get_routes(self, family: int) -> list[Attributes]:
        return [Attributes(RTA_GATEWAY="198.18.1.254")]


def node(length: int = 24) -> TcpNode:
    return TcpNode(listens(80), FILES, Network("198.18.1.2", length), {"nginx": "198.18.1.2", "web": "198.18.1.252"})


def test_commands() -> None:
    apply, revert = words(SynQueueFull().plan(node()))
    assert apply[0] == SET.format(0, 8192)
    assert "--to 198.18.1.2 --port 80 --sources 198.18.1.253,198.18.1.251,198.18.1.250,198.18.1.249" in apply[1]
    word = apply[1].split()[-1]
    assert revert == [
        f"pkill -f {word}",
        f"pidwait -f {word}",
        "ss -K state syn-recv 'sport = :80'",
        SET.format(1, 512),
    ]


def test_its_program_is_found_again() -> None:
    first, second = SynQueueFull().plan(node()).present, SynQueueFull().plan(node()).present
    assert first == second


def test_refusals() -> None:
    with pytest.raises(UsageError, match="nothing listens on TCP port 81"):
        SynQueueFull(port=81).plan(node())
    with pytest.raises(UsageError, match=r"every address of 198\.18\.1\.2/31 is taken"):
        SynQueueFull().plan(node(31))


def test_the_syns() -> None:
    made = list(islice(syns(["198.18.1.9", "198.18.1.8"], "198.18.1.2", 80), 1000))
    assert len({packet[12:16] + packet[20:22] for packet in made}) == 1000
    for packet in made[:20]:
        assert packet[33] == 2
        segment = packet[12:20] + struct.pack("!HH", 6, 20) + packet[20:]
        total = sum(struct.unpack("!16H", segment))
        assert (total & 0xFFFF) + (total >> 16) == 0xFFFF


@pytest.mark.parametrize("parameters", [{"port": 0}, {"port": 65536}, {"rate": 5}])
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SynQueueFull.model_validate(parameters)

from __future__ import annotations

import re
import socket

import pytest
from pydantic import ValidationError

from droplab.faults.link._announce import announcement
from droplab.faults.link.duplicate_address import DuplicateAddress
from droplab.harness.errors import UsageError
from tests.unit.faults.stand_in import plan, typed

ADDRESSES = (
    "1: lo    inet 127.0.0.1/8 scope host lo\n"
    "2: eth0    inet 198.18.9.1/24 brd 198.18.9.255 scope global eth0\n"
    "3: eth1    inet 198.18.1.9/24 brd 198.18.1.255 scope global eth1\n"
)
HEARD = (
    "ARPING 198.18.1.2 from 0.0.0.0 eth1\nUnicast reply from 198.18.1.2 [0E:00:00:00:00:02]  0.6ms\n"
    "Received 1 response(s)\n"
)
HERE = {"ip -o -4 addr show": ADDRESSES, "arping -D": HEARD}


@pytest.mark.parametrize("address", ["nginx", "198.18.1.2"])
def test_plan(address: str) -> None:
    change = plan(DuplicateAddress(address=address), HERE)
    assert typed(change.apply) == ["ip addr add 198.18.1.2/24 dev eth1", "arping -U -c 1 -I eth1 198.18.1.2"]
    removed, announced = typed(change.revert)
    assert removed == "ip addr del 198.18.1.2/24 dev eth1"
    assert announced.endswith(" -m droplab.faults.link._announce eth1 198.18.1.2 0e:00:00:00:00:02")


@pytest.mark.parametrize(
    ("shown", "there"),
    [
        ("3: eth1    inet 198.18.1.2/24 scope global secondary eth1", True),
        ("3: eth1    inet 198.18.1.20/24 scope global secondary eth1", False),
    ],
)
def test_there_or_not(shown: str, there: bool) -> None:
    present = plan(DuplicateAddress(address="nginx"), HERE).present
    assert present.shows
    assert (re.search(present.shows, shown) is not None) is there


@pytest.mark.parametrize(
    ("address", "heard", "words"),
    [
        ("198.18.1.2", "Received 0 response(s)\n", "nobody on the link of eth1 has 198.18.1.2"),
        ("198.18.5.2", HEARD, "not on the network of 198.18.5.2"),
        ("198.18.1.9", HEARD, "or has it itself"),
        ("nginz", HEARD, "knows no node 'nginz'"),
    ],
)
def test_what_cannot_be_taken(address: str, heard: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        plan(DuplicateAddress(address=address), {**HERE, "arping -D": heard})


def test_the_announcement_is_a_gratuitous_arp_of_the_owner() -> None:
    packet = announcement("198.18.1.2", "0e:00:00:00:00:02")
    own, hardware = socket.inet_aton("198.18.1.2"), bytes.fromhex("0e0000000002")
    assert packet == bytes.fromhex("0001 0800 06 04 0001") + hardware + own + bytes(6) + own


@pytest.mark.parametrize("address", ["", "198.18.1.2/24", "x" * 65])
def test_nonsense(address: str) -> None:
    with pytest.raises(ValidationError):
        DuplicateAddress(address=address)

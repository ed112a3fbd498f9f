"""In each section a change is seen and named, and after it was undone the snapshots are equal."""

from __future__ import annotations

import re
import socket

import pytest

from tests.netns.engine.cases import CASES, Case
from tests.netns.engine.ground import Ground
from tests.netns.engine.xdp import attached


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_change_is_seen_and_named_and_undone(net: Ground, case: Case) -> None:
    node = net.node(case.node)
    before = net.take()
    node.sh(case.do)
    found = net.differences(before)
    assert [change.words for change in found] == case.lines()
    assert all(change.section == case.section for change in found if change.words in case.says)
    node.sh(case.undo)
    assert net.settled(before) == []


def test_a_link_that_is_down(net: Ground) -> None:
    before = net.take()
    net.server.sh("ip link set eth0 down")
    assert net.words(before) == [
        "server: link eth0: carrier yes -> no",
        "server: link eth0: state UP -> DOWN",
        "server: link eth0: up yes -> no",
        "server: route broadcast 198.18.77.255/32 dev eth0 proto kernel scope link src 198.18.77.2 (table local): gone",
        "server: route 198.18.77.0/24 dev eth0 proto kernel scope link src 198.18.77.2 (table main): gone",
        "switch: link server: carrier yes -> no",
        "switch: link server: port state 3 -> 0",
        "switch: link server: state UP -> DOWN",
    ]
    net.server.sh("ip link set eth0 up")
    assert net.settled(before) == []


def test_a_port_that_left_its_bridge(net: Ground) -> None:
    before = net.take()
    net.switch.sh("ip link set server nomaster")
    mac = net.switch.netlink.link("get", ifname="server")[0].get_attr("IFLA_ADDRESS")
    assert net.words(before) == [
        "switch: link server: master br0 -> none",
        f"switch: forwarding entry {mac} on server: gone",
    ]
    net.switch.sh("ip link set server master br0")
    assert net.settled(before) == []


def test_listeners(net: Ground) -> None:
    with net.listener() as listening:
        before = net.take()
        listening.listen(1)
        assert net.words(before) == ["server: tcp 0.0.0.0:80: backlog 511, 1 socket -> backlog 1, 1 socket"]
        listening.listen(511)
        assert net.words(before) == []
    assert net.words(before) == ["server: tcp 0.0.0.0:80 no longer listens"]
    with net.listener():
        assert net.words(before) == []


def test_unconnected_udp(net: Ground) -> None:
    before = net.take()
    with net.server.socket(socket.AF_INET, socket.SOCK_DGRAM) as waiting:
        waiting.bind(("127.0.0.1", 53))
        assert net.words(before) == ["server: udp 127.0.0.1:53 receives now, which nothing did before"]
    assert net.words(before) == []


def test_processes(net: Ground) -> None:
    before = net.take()
    net.server.given_processes = [
        "0 running nginx: master process nginx",
        "33 stopped nginx: worker process",
        "0 running nc",
    ]
    assert net.words(before) == [
        "server: process nc (user 0): new",
        "server: process nginx: worker process (user 33): 1 running -> 1 stopped",
    ]
    net.server.given_processes = []
    assert net.words(before) == [
        "server: process nginx: master process nginx (user 0): missing",
        "server: process nginx: worker process (user 33): missing",
    ]


def test_files(net: Ground) -> None:
    before = net.take()
    net.server.given_files = {"/etc/hosts": f"0600 33:0 {'b' * 64}", "/etc/motd": "deleted", "/etc/x": "0777 0:0 -> y"}
    assert net.words(before) == [
        "server: file /etc/hosts: changed, mode 0644 -> 0600, owner 0:0 -> 33:0",
        "server: file /etc/motd: deleted",
        "server: file /etc/x: added or changed",
    ]
    net.server.given_files = {}
    assert net.words(before) == ["server: file /etc/hosts: deleted"]


def test_an_xdp_program(net: Ground) -> None:
    before = net.take()
    with attached(net.server, "eth0"):
        assert re.fullmatch(r"server: link eth0: program none -> xdp \d+", net.words(before)[0])
    assert net.settled(before) == []

"""Packed requests do what `ip` would do, and the kernel's refusals are told."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface

import pytest

from droplab.harness.errors import MachineLacks, NodeLost
from droplab.harness.runtime.rtnetlink import link_up, new_address, new_link, new_route, send
from tests.netns.engine.ground import Ground


def test_what_is_sent_is_there(net: Ground) -> None:
    peer = {"ifname": "far0", "net_ns_fd": net.server.netns_fd}
    requests = [
        new_link("bridge", "br-x", 31),
        new_link("veth", "near0", 32, address="02:d0:c6:12:01:02", master=31, peer=peer),
        new_address(31, IPv4Interface("198.18.1.2/25")),
        new_route("default", IPv4Address("198.18.1.1")),
        new_route("198.18.2.0/24", IPv4Address("198.18.1.3")),
    ]
    send(net.client, requests)
    send(net.server, [link_up(ifname="far0")])
    assert "32: near0@" in (near := net.client.sh("ip link show near0"))
    assert "master br-x" in near
    assert "link/ether 02:d0:c6:12:01:02" in near
    assert "inet 198.18.1.2/25 brd 198.18.1.127 scope global br-x" in net.client.sh("ip addr show br-x")
    routes = net.client.sh("ip route show").splitlines()
    assert "default via 198.18.1.1 dev br-x proto static " in routes
    assert "198.18.2.0/24 via 198.18.1.3 dev br-x proto static " in routes
    assert ",UP" in net.server.sh("ip link show far0")


def test_the_first_refusal_is_told(net: Ground) -> None:
    with pytest.raises(NodeLost, match="client: new bridge br-x: File exists"):
        send(net.client, [new_link("bridge", "br-x", 31), new_link("bridge", "br-x", 32), link_up(ifname="none")])


def test_a_kind_of_link_that_the_kernel_does_not_have(net: Ground) -> None:
    with pytest.raises(MachineLacks, match="client: new nosuch x: this kernel has no such link"):
        send(net.client, [new_link("nosuch", "x", 31)])


def test_more_than_the_answers_of_one_write_fit(net: Ground) -> None:
    send(net.client, [new_link("bridge", f"br{number}", 1000 + number) for number in range(400)])
    assert len(net.client.sh("ip -o link show type bridge").splitlines()) == 400

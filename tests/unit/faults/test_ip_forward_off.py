from __future__ import annotations

import pytest

from droplab.faults.ip.ip_forward_off import IpForwardOff
from droplab.harness.errors import UsageError

from .answers import Answers, Links, words

IPV4 = "/proc/sys/net/ipv4"


def router(forward: str = "1", eth1: str = "1") -> Answers:
    files = {
        f"{IPV4}/ip_forward": f"{forward}\n",
        f"{IPV4}/conf/all/accept_redirects": "0\n",
        f"{IPV4}/conf/default/forwarding": "1\n",
        f"{IPV4}/conf/eth0/forwarding": "1\n",
        f"{IPV4}/conf/eth1/forwarding": f"{eth1}\n",
    }
    return Answers(files=files, netlink=Links({"eth0": 2, "eth1": 3}))


def test_commands() -> None:
    change = IpForwardOff().plan(router())
    assert words(change) == (
        ["sysctl -qw net.ipv4.ip_forward=0"],
        ["sysctl -qw net.ipv4.ip_forward=1", "sysctl -qw net.ipv4.conf.all.accept_redirects=0"],
    )


def test_an_interface_that_did_not_forward_does_not_afterwards() -> None:
    change = IpForwardOff().plan(router(eth1="0"))
    assert words(change)[1][-1] == "sysctl -qw net.ipv4.conf.eth1.forwarding=0"


def test_a_node_that_does_not_forward_is_refused() -> None:
    with pytest.raises(UsageError, match="does not forward"):
        IpForwardOff().plan(router(forward="0"))


def test_presence() -> None:
    change = IpForwardOff().plan(router())
    assert change.present.holds(Answers({"sysctl -n net.ipv4.ip_forward": "0\n"}))
    assert not change.present.holds(Answers({"sysctl -n net.ipv4.ip_forward": "1\n"}))

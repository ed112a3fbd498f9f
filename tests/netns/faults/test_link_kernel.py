"""Faults of the link layer at the bounds of their parameters: the kernel takes them, and nothing is left."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from droplab.faults.link.duplicate_address import DuplicateAddress
from droplab.faults.link.link_delay import LinkDelay
from droplab.faults.link.link_loss import LinkLoss
from droplab.faults.link.link_rate import LinkRate
from droplab.faults.link.tbf_burst import TbfBurst
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault
from droplab.harness.engine.journal import revert
from droplab.harness.errors import UsageError
from droplab.harness.probes.arp import Arp
from droplab.harness.probes.ping import Ping
from tests.netns.probes.bench import Bench, Namespace, bench

ENDS_WITHIN_S = 3.0


@pytest.fixture
def net() -> Iterator[Bench]:
    with bench() as made:
        yield made


def apply(node: Namespace, change: Change) -> None:
    for argv in change.apply:
        change.run(node, argv)
    assert change.present.holds(node)


def runs(node: Namespace, change: Change) -> bool:
    """Whether the program of link_delay is there."""
    return node.run(("pgrep", "-f", change.apply[0][-1]), check=False).returncode == 0


def ended(node: Namespace, change: Change) -> bool:
    deadline = time.monotonic() + ENDS_WITHIN_S
    while (there := runs(node, change)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not there


@pytest.mark.parametrize(
    "fault",
    [
        LinkLoss(probability=1e-6),
        LinkLoss(probability=1),
        LinkLoss(probability=0.3, direction="egress"),
        LinkLoss(probability=0.3, direction="both"),
        LinkRate(rate_kbit=64, limit=3_000),
        LinkRate(rate_kbit=50_000, limit=10_000_000),
        TbfBurst(burst=150, rate_kbit=1_000),
        TbfBurst(burst=1_400, rate_kbit=100_000),
        TbfBurst(burst=150, rate_kbit=100_000),
        LinkDelay(delay_ms=1),
        LinkDelay(delay_ms=2_000, jitter_ms=1_000),
    ],
    ids=repr,
)
def test_the_bounds(net: Bench, fault: Fault) -> None:
    change = fault.plan(net.server)
    apply(net.server, change)
    assert revert(net.server, change, "fault") is None
    assert "clsact" not in net.server.do("tc qdisc show")
    assert "NFQUEUE" not in net.server.do("iptables-save")


def test_a_second_loss_on_the_interface_is_refused(net: Bench) -> None:
    apply(net.server, LinkLoss(probability=0.3).plan(net.server))
    with pytest.raises(UsageError, match="has a clsact queue already"):
        LinkLoss(probability=0.3, direction="egress", mechanism="bpf").plan(net.server)


@pytest.mark.parametrize(("jitter_ms", "low", "high"), [(0, 0.030, 0.060), (20, 0.030, 0.080)])
def test_the_delay_is_as_long_as_it_says(net: Bench, jitter_ms: int, low: float, high: float) -> None:
    change = LinkDelay(delay_ms=30, jitter_ms=jitter_ms, mechanism="nfqueue").plan(net.server)
    apply(net.server, change)
    seen = Ping(target="server", count=200).measure(net.client)
    assert seen.values["lost"] == 0
    quantiles = seen.details["rtt_s"]
    assert isinstance(quantiles, dict)
    assert low <= quantiles["min"] <= quantiles["p25"] <= high  # a busy machine makes the rest later
    assert revert(net.server, change, "delay") is None
    assert ended(net.server, change)


def test_the_program_ends_with_the_interface(net: Bench) -> None:
    change = LinkDelay(delay_ms=30, mechanism="nfqueue").plan(net.server)
    apply(net.server, change)
    assert runs(net.server, change)
    net.switch.do("ip link del server")
    assert ended(net.server, change)


def test_two_delays_do_not_share_a_queue(net: Bench) -> None:
    first = LinkDelay(delay_ms=30, mechanism="nfqueue").plan(net.server)
    apply(net.server, first)
    second = LinkDelay(delay_ms=30, mechanism="nfqueue", interface="lo").plan(net.server)
    apply(net.server, second)
    assert first.apply[1][-1] != second.apply[1][-1]
    for change in (second, first):
        assert revert(net.server, change, "delay") is None
        assert ended(net.server, change)


def test_the_owner_of_an_address_is_heard_again(net: Bench) -> None:
    own = net.server.netlink.get_links(ifname="eth0")[0].get_attr("IFLA_ADDRESS")
    net.switch.do("ip addr add 198.18.77.1/24 dev br0")
    assert Ping(target="server", count=1).measure(net.client).values["lost"] == 0
    change = DuplicateAddress(address="198.18.77.2").plan(net.switch)
    apply(net.switch, change)
    assert Arp(target="server", count=5).measure(net.client).values["macs"] == 2
    assert own not in net.client.do("ip neigh show 198.18.77.2")
    assert revert(net.switch, change, "duplicate") is None
    assert own in net.client.do("ip neigh show 198.18.77.2")
    assert Arp(target="server", count=5).measure(net.client).values["macs"] == 1

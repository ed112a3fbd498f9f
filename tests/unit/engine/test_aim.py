"""Who asks whom, when a fault names the target itself or the probe names its node elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from droplab.harness.contracts.fault import ProbeSpec
from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.definition.lab import Lab
from droplab.harness.definition.loader import load
from droplab.harness.engine.aim import aim
from droplab.harness.errors import UsageError
from droplab.harness.probes.dns import Dns
from droplab.harness.scoring.bench import LAB

TWO = """
schema: 1
title: Two nodes
nodes: {nginx: {address: 198.18.9.2/24}, client: {address: 198.18.9.3/24}}
"""
NAME = {"target": "www.lab.test"}


@pytest.fixture
def lab() -> Lab:
    return load(LAB, seed=1)


@pytest.mark.parametrize(
    ("broken", "target", "asks"),
    [
        ("router", "nginx", "client"),
        ("router", "198.18.60.2", "client"),
        ("router", "client", "nginx"),
        ("client", "dns1", "nginx"),
    ],
)
def test_a_named_target_is_not_asked_by_itself(lab: Lab, broken: str, target: str, asks: str) -> None:
    aimed = aim(lab, broken, ProbeSpec("arp", "macs", {"target": target}), Catalogue())
    assert (aimed.node, aimed.probe.target) == (asks, target)


def test_without_a_third_node_nobody_can_ask(tmp_path: Path) -> None:
    (tmp_path / "lab.yaml").write_text(TWO)
    two = load(tmp_path, seed=1)
    with pytest.raises(UsageError, match="client: no third node shares a network with it"):
        aim(two, "client", ProbeSpec("arp", "macs", {"target": "nginx"}), Catalogue())


def test_the_broken_node_asks_itself_when_it_is_the_source(lab: Lab) -> None:
    spec = ProbeSpec("ping", "loss", {"target": "127.0.0.1"}, role="source")
    assert aim(lab, "nginx", spec, Catalogue()).node == "nginx"


def test_a_dns_probe_is_aimed_by_its_server_and_keeps_its_name_and_port(lab: Lab) -> None:
    aimed = aim(lab, "dns1", ProbeSpec("dns", "outcome", {**NAME, "port": 5353}), Catalogue())
    assert isinstance(aimed.probe, Dns)
    assert aimed.node != "dns1"
    assert (aimed.probe.server, aimed.probe.target, aimed.probe.port) == ("dns1", "www.lab.test", 5353)


ROUTED = """
schema: 1
title: A router between two networks
nodes:
  client: {networks: {left: 198.18.9.2/25}, routes: {default: 198.18.9.1}}
  router: {networks: {left: 198.18.9.1/25, right: 198.18.9.129/25}, forward: true}
  nginx:  {networks: {right: 198.18.9.130/25}, routes: {default: 198.18.9.129}, services: [nginx]}
"""
OWN = "probes: {reach: {node: client, ping: router}}\n"


@pytest.mark.parametrize(
    ("role", "at", "asks", "asked"),
    [
        ("target", None, "client", "router"),
        ("target", "eth0", "client", "198.18.9.1"),
        ("target", "eth1", "nginx", "198.18.9.129"),
        ("source", "eth0", "router", "client"),
        ("source", "eth1", "router", "nginx"),
        ("through", "eth1", "client", "nginx"),
    ],
)
def test_the_packets_pass_the_interface_that_is_broken(
    tmp_path: Path, role: Any, at: str | None, asks: str, asked: str
) -> None:
    (tmp_path / "lab.yaml").write_text(ROUTED)
    aimed = aim(load(tmp_path, seed=1), "router", ProbeSpec("ping", "loss", {}, role), Catalogue(), at)
    assert (aimed.node, aimed.probe.target) == (asks, asked)


@pytest.mark.parametrize(("at", "asks", "asked"), [("eth0", "client", "router"), ("eth1", "nginx", "198.18.9.129")])
def test_the_labs_own_probe_is_taken_when_it_passes_that_interface(
    tmp_path: Path, at: str, asks: str, asked: str
) -> None:
    (tmp_path / "lab.yaml").write_text(ROUTED + OWN)
    aimed = aim(load(tmp_path, seed=1), "router", ProbeSpec("ping", "loss", {}), Catalogue(), at)
    assert (aimed.node, aimed.probe.target) == (asks, asked)

# ruff: noqa: E501  (two definitions as the design has them)
"""The labs that come with droplab, and those of the design."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from droplab.harness.definition.catalogue import find_lab, list_labs
from droplab.harness.definition.lab import Hint, Look
from droplab.harness.definition.loader import load
from droplab.harness.definition.validation import validate
from droplab.harness.verdict.expectation import Contains, Exactly, Near, NoneLost, OneOf, Within
from tests.unit.definition.definitions import load_text, write

LABS = [lab.id for lab in list_labs()]


@pytest.mark.parametrize("lab", LABS)
def test_it_loads_without_a_warning(lab: str) -> None:
    loaded, warnings = validate(find_lab(lab))
    assert warnings == []
    assert loaded.story
    assert loaded.hints


def test_lab_48() -> None:
    lab = load(find_lab("48"))
    assert (lab.id, lab.title, lab.difficulty, lab.minutes) == (
        "48",
        "The server constantly drops packets",
        "medium",
        30,
    )
    assert lab.parameters == {"p_in": 0.3, "p_out": 0.3}
    assert lab.hosts == {"nginx": "198.18.48.2", "client": "198.18.48.3"}
    faults = [(key, use.kind, use.node, use.fault.model_dump(exclude_defaults=True)) for key, use in lab.faults.items()]
    assert faults == [
        ("drop_input", "iptables_drop", "nginx", {"probability": 0.3}),
        ("drop_output", "iptables_drop", "nginx", {"chain": "OUTPUT", "probability": 0.3}),
        ("small_mtu", "mtu", "nginx", {"mtu": 100}),
    ]
    assert lab.healthy == {
        "syn": {"loss": NoneLost()},
        "http": {"outcome": OneOf(("ok",)), "body_contains": Contains("Thank you for using nginx.")},
        "full_size": {"loss": NoneLost()},
    }
    assert lab.always == {"conntrack": {"usage": Within(0, 0.1)}}
    loss = lab.broken["syn"]["loss"]
    assert isinstance(loss, Near)
    assert loss.p == pytest.approx(0.51)
    rules, mtu = lab.solution
    assert rules.look == (Look("nginx", "iptables -t filter -nvL", "DROP .* statistic mode random", None, None),)
    assert [shlex.split(command)[4] for _, command in rules.run] == ["INPUT", "OUTPUT"]
    assert all("--probability 0.3 -j DROP" in command for _, command in rules.run)
    assert (rules.removes, mtu.removes) == (("drop_input", "drop_output"), ("small_mtu",))
    assert mtu.run == (("nginx", "ifconfig eth0 mtu 1500"),)
    assert mtu.look[1].during == ("client", "curl -s --max-time 0.3 http://nginx/")
    assert [hint.fault for hint in lab.hints] == ["drop_input", *["drop_output"] * 2, *["small_mtu"] * 3]


def test_lab_48_with_other_probabilities() -> None:
    lab = load(find_lab("48"), overrides={"p_in": "0.5", "p_out": "0.2"})
    loss = lab.broken["syn"]["loss"]
    assert isinstance(loss, Near)
    assert loss.p == pytest.approx(0.6)
    assert "--probability 0.2 -j DROP" in lab.solution[0].run[1][1]


def test_lab_48_conntrack() -> None:
    lab = load(find_lab("48-conntrack"))
    assert lab.nodes["nginx"].setup == ("iptables -A INPUT -m conntrack --ctstate INVALID -j DROP",)
    (full,) = lab.faults.values()
    assert (full.kind, full.fault.reaches()) == ("conntrack_full", "node")
    assert lab.always == {"arp": {"lost": Exactly(0)}}
    assert lab.broken["syn"] == {"loss": Within(0.99, 1)}
    (step,) = lab.solution
    assert [look.node for look in step.look] == ["host", "nginx", "nginx"]
    assert lab.hints[0] == Hint(lab.hints[0].text, None)


BLACK_HOLE = """\
schema: 1
title: Pages load, the download hangs
nodes:
  client: {networks: {left: 198.18.49.2/25},    routes: {default: 198.18.49.1}}
  router: {networks: {left: 198.18.49.1/25, right: 198.18.49.129/25}, forward: true,
           setup: [ip route replace 198.18.49.2/32 dev eth0 mtu lock 1200]}      # the narrow path is topology, not fault
  nginx:  {networks: {right: 198.18.49.130/25}, routes: {default: 198.18.49.129}, services: [nginx],
           files: {/var/www/html/big: {size: 1048576}}}
faults:
  icmp_filtered: {node: router, iptables_drop: {chain: OUTPUT, match: -p icmp --icmp-type fragmentation-needed}}
probes:
  syn:   {node: client, syn: "nginx:80"}
  small: {node: client, http: "http://nginx/"}
  big:   {node: client, http: "http://nginx/big", timeout_s: 15}  # mtu probing needs 6.6 s
healthy: {big: {outcome: ok}}
always:  {syn: {loss: 0}, small: {outcome: ok}}
broken:  {big: {outcome: [no_response, stalled_body]}}   # which one depends on nginx sendfile, so pin nginx.conf
solution:
  - title: Let "fragmentation needed" out
    look: [{router: iptables -nvxL OUTPUT, shows: icmptype 3 code 4}]
    run: {router: [iptables -D OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP]}
    removes: [icmp_filtered]
alternatives:                                 # each is proven in a fresh lab; symptom gone, artifact may stay
  - {title: Clamp the MSS, leaves: [nft], run: {router: [iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu]}}
  - {title: Probe the MTU, leaves: [sysctl], run: {nginx: [sysctl -w net.ipv4.tcp_mtu_probing=1]}}
"""

SLOW_NAMES = """\
schema: 1
title: Every page takes five seconds longer
nodes:
  client: {address: 198.18.53.2/24, resolv_conf: [nameserver 198.18.53.11, nameserver 198.18.53.12]}
  nginx:  {address: 198.18.53.3/24, services: [nginx]}
  dns1:   &dns {address: 198.18.53.11/24, services: {dnsmasq: {run: dnsmasq -k -C /etc/lab.conf, ready: "udp:53"}}, files: {/etc/lab.conf: dnsmasq.conf}}
  dns2:   {<<: *dns, address: 198.18.53.12/24}
faults:
  dns1_silent: {node: dns1, iptables_drop: {chain: INPUT, match: -p udp --dport 53}}
probes:
  page:  {node: client, http: "http://www.lab.test/", resolve: node, timeout_s: 20}   # the node's own libc and resolv.conf
  by_ip: {node: client, http: "http://198.18.53.3/"}
healthy: {page: {outcome: ok, lookup_s: [0, 0.5]}}
always:  {by_ip: {outcome: ok, total_s: [0, 0.5]}}
broken:  {page: {outcome: ok, lookup_s: [4.9, 5.5]}}
solution:
  - title: Open port 53 of the first resolver
    look: [{client: "dig +short +tries=1 +time=1 www.lab.test @198.18.53.11", shows: no servers could be reached}]
    run: {dns1: [iptables -D INPUT -p udp --dport 53 -j DROP]}
    removes: [dns1_silent]
alternatives:
  - {title: Take the dead resolver out, leaves: [files], cures: [page], run: {client: ["sed -i /198.18.53.11/d /etc/resolv.conf"]}}
"""


def test_the_black_hole_of_the_design(tmp_path: Path) -> None:
    lab = load_text(tmp_path, BLACK_HOLE)
    assert validate(lab.folder)[1] == []
    assert [alternative.leaves for alternative in lab.alternatives] == [("nft",), ("sysctls",)]
    assert lab.nodes["nginx"].files[-1].content == bytes(1048576)


def test_the_slow_names_of_the_design(tmp_path: Path) -> None:
    folder = write(tmp_path, SLOW_NAMES)
    (folder / "dnsmasq.conf").write_text("address=/www.lab.test/198.18.53.3\n")
    lab = load(folder)
    assert validate(lab.folder)[1] == []
    assert lab.nodes["dns2"].services == lab.nodes["dns1"].services
    assert lab.nodes["dns2"].files == lab.nodes["dns1"].files
    assert lab.nodes["dns2"].address != lab.nodes["dns1"].address
    assert lab.broken["page"] == {"outcome": OneOf(("ok",)), "lookup_s": Within(4.9, 5.5)}

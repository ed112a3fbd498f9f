"""``check`` judges behaviour and state, never commands: what is a repair of lab 48, and what is not."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from droplab.harness.definition.catalogue import Catalogue, find_lab
from droplab.harness.definition.loader import load
from droplab.harness.engine.clean import runtime_named
from droplab.harness.engine.events import Silent
from droplab.harness.engine.judgement import Judgement, judge
from droplab.harness.engine.started import StartedLab, find, open_started
from droplab.harness.engine.workshop import Order, begin, stop

NAME = f"repairs-{secrets.token_hex(3)}"
RANDOM = "-m statistic --mode random --probability 0.3 -j DROP"
RULES = f"iptables -D INPUT {RANDOM}; iptables -D OUTPUT {RANDOM}"
MTU = "ip link set eth0 mtu 1500"


@pytest.fixture
def lab() -> Iterator[StartedLab]:
    """Lab 48, started and broken, without the rehearsal."""
    order = Order(load(find_lab("48"), seed=1), NAME, 600, {})
    begin(order, runtime_named("netns"), Catalogue())
    started = open_started(NAME)
    yield started
    started.live.close()
    stop(find(NAME))


def after(lab: StartedLab, commands: str) -> Judgement:
    """What check says once a student has typed ``commands`` on the server."""
    result = lab.live.nodes["nginx"].exec(("sh", "-c", commands))
    assert result.returncode == 0, result.stderr
    return judge(lab, Silent())


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(f"{RULES}; {MTU}", id="as the text does"),
        pytest.param(f"iptables -F; {MTU}", id="flush"),
        pytest.param("iptables -D INPUT 1; iptables -D OUTPUT 1; ifconfig eth0 mtu 1500", id="by number, ifconfig"),
        pytest.param(f"nft flush ruleset; {MTU}", id="nft flush"),
    ],
)
def test_a_repair(lab: StartedLab, commands: str) -> None:
    judgement = after(lab, commands)
    assert judgement.verdict == "repaired", [judgement.causes, [change.words for change in judgement.changes]]


@pytest.mark.parametrize(
    ("commands", "verdict", "causes", "changed"),
    [
        pytest.param("true", "broken", {"drop_input", "drop_output", "small_mtu"}, "", id="nothing"),
        pytest.param(RULES, "broken", {"small_mtu"}, "", id="rules only"),
        pytest.param(MTU, "broken", {"drop_input", "drop_output"}, "", id="mtu only"),
        pytest.param(
            f"iptables -I INPUT -j ACCEPT; iptables -I OUTPUT -j ACCEPT; {MTU}",
            "works, but",
            {"drop_input", "drop_output"},
            "ACCEPT",
            id="ACCEPT in front of DROP",
        ),
        pytest.param(
            f"{RULES}; ip link set eth0 mtu 1000", "broken", set(), "mtu", id="an MTU that eats full-size packets"
        ),
        pytest.param(f"{RULES}; ip link set eth0 mtu 1504", "works, but", set(), "mtu", id="another MTU that works"),
        pytest.param(
            f"{RULES}; {MTU}; sed -i 's/listen 80/listen 8080/' /etc/nginx/nginx.conf; nginx -s reload; sleep 0.3",
            "broken",
            set(),
            "8080",
            id="a moved service",
        ),
        pytest.param(f"{RULES}; {MTU}; iptables -P FORWARD DROP", "works, but", set(), "FORWARD", id="one thing more"),
        pytest.param(
            f"{RULES}; {MTU}; sysctl -qw net.ipv4.tcp_syncookies=0",
            "works, but",
            set(),
            "tcp_syncookies",
            id="a sysctl",
        ),
        pytest.param(f"{RULES}; {MTU}; echo x >/etc/motd.new", "works, but", set(), "/etc/motd.new", id="a file"),
    ],
)
def test_not_a_repair(lab: StartedLab, commands: str, verdict: str, causes: set[str], changed: str) -> None:
    judgement = after(lab, commands)
    words = "; ".join(change.words for change in judgement.changes)
    assert (judgement.verdict, set(judgement.causes)) == (verdict, causes), words
    assert changed in words
    assert bool(judgement.changes) == bool(changed)


def test_counters_start_near_zero(lab: StartedLab) -> None:
    shown = lab.live.nodes["nginx"].exec(("iptables", "-nvxL")).stdout
    drops = [int(line.split()[0]) for line in shown.splitlines() if " DROP " in line]
    assert len(drops) == 2
    assert sum(drops) < 10


def test_a_replaced_service_is_noticed(lab: StartedLab) -> None:
    serve = "(setsid python3 -m http.server 80 --directory /var/www/html >/dev/null 2>&1 &)"
    judgement = after(lab, f"{RULES}; {MTU}; nginx -s stop; sleep 0.3; {serve}; sleep 0.7")
    words = "; ".join(change.words for change in judgement.changes)
    assert judgement.verdict == "works, but", words
    assert "nginx" in words

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.tcp.ecn_syn import EcnSyn

from .answers import words
from .tcp_node import TcpNode

RULE = "OUTPUT -p tcp --syn -m ecn --ecn-tcp-ece -j DROP"
SET = "sysctl -qw net.ipv4.tcp_ecn={} net.ipv4.tcp_ecn_fallback={}"
FILES = {"/proc/sys/net/ipv4/tcp_ecn": "2\n", "/proc/sys/net/ipv4/tcp_ecn_fallback": "1\n"}


@pytest.mark.parametrize("fallback", [True, False])
def test_commands(fallback: bool) -> None:
    change = EcnSyn(fallback=fallback).plan(TcpNode(files=FILES))
    assert words(change) == (
        [f"iptables -A {RULE}", SET.format(1, int(fallback))],
        [SET.format(2, 1), f"iptables -D {RULE}"],
    )
    assert change.present.argv == ("iptables", "-C", *RULE.split())


def test_its_own_rule_is_counted() -> None:
    counter = EcnSyn().signature().traces[0]
    saved = "[9:540] -A OUTPUT -p tcp -j DROP\n[4:240] -A OUTPUT -p tcp -m ecn --ecn-tcp-ece -j DROP\n"
    assert counter.read(TcpNode({"iptables-save -c": saved}), TcpNode()) == 4


@pytest.mark.parametrize("parameters", [{"fallback": "no"}, {"fallback": 1}, {"chain": "INPUT"}])
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EcnSyn.model_validate(parameters)

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.harness.contracts.probe import Probe
from droplab.harness.probes.arp import Arp
from droplab.harness.probes.conntrack_usage import ConntrackUsage
from droplab.harness.probes.http import Http
from droplab.harness.probes.ping import Ping
from droplab.harness.probes.syn import Syn


@pytest.mark.parametrize(
    ("probe", "target"),
    [
        (Syn, "nginx:80"),
        (Syn, "198.18.0.2:65535"),
        (Syn, "web-1:8080"),
        (Http, "http://nginx/"),
        (Http, "http://198.18.0.2:8080/a/b?c=d"),
        (Http, "http://www.lab.test"),
        (Ping, "nginx"),
        (Ping, "198.18.0.2"),
        (Arp, "router"),
        (ConntrackUsage, ""),
    ],
)
def test_good_targets(probe: type[Probe], target: str) -> None:
    assert probe(target=target).target == target


@pytest.mark.parametrize(
    ("probe", "target", "message"),
    [
        (Syn, "nginx", "expected HOST:PORT, for example \"nginx:80\", got 'nginx'"),
        (Syn, "nginx:0", "the port must be 1..65535, got '0'"),
        (Syn, "nginx:70000", "the port must be 1..65535, got '70000'"),
        (Syn, "nginx:http", "the port must be 1..65535, got 'http'"),
        (Syn, "198.18.0.256:80", "'198.18.0.256' is not an IPv4 address"),
        (Syn, ":80", "expected a node name or an IPv4 address, got ''"),
        (Http, "nginx", "expected a URL like"),
        (Http, "https://nginx/", "https is not spoken"),
        (Http, "http:///x", "expected a URL like"),
        (Http, "http://nginx:99999/", "the port must be 1..65535"),
        (Http, "http://me@nginx/", "without user name"),
        (Http, "http://nginx/a b", "spaces"),
        (Http, "http://198.18.0/", "is not an IPv4 address"),
        (Ping, "nginx:80", "expected a node name or an IPv4 address, got 'nginx:80'"),
        (Ping, "1.2.3", "is not an IPv4 address"),
        (Arp, "no way", "expected a node name or an IPv4 address"),
        (ConntrackUsage, "nginx", "takes no target"),
    ],
)
def test_malformed_targets(probe: type[Probe], target: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        probe(target=target)
    assert message in str(caught.value)


@pytest.mark.parametrize("probe", [Syn, Http, Ping, Arp])
def test_a_target_is_needed(probe: type[Probe]) -> None:
    with pytest.raises(ValidationError, match="target"):
        probe()


@pytest.mark.parametrize(
    "fields",
    [{"deadline_s": 1.0}, {"payload": 1461}, {"mode": "burst"}, {"count": 0}, {"options": "bsd"}, {"ports": 1}],
)
def test_fields_out_of_range(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Syn.model_validate({"target": "nginx:80", **fields})

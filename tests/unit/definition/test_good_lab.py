"""Every form that a definition may take, as the engine gets it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from droplab.harness.definition.catalogue import Catalogue
from droplab.harness.definition.lab import Hint, Lab, Look
from droplab.harness.definition.loader import load
from droplab.harness.definition.validation import validate
from droplab.harness.errors import DefinitionError
from droplab.harness.verdict.expectation import Contains, Exactly, Near, NoneLost, OneOf, Within
from tests.unit.definition.definitions import SMALL, changed, load_text, write


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return load(write(tmp_path / "my-lab"), seed=3, overrides={"mtu": "200", "port": "80"})


def test_its_head(lab: Lab, tmp_path: Path) -> None:
    assert (lab.id, lab.title, lab.difficulty, lab.minutes) == ("my-lab", "Everything at once", "hard", 45)
    assert lab.folder == tmp_path / "my-lab"
    assert lab.story == "Packets are lost on port 80.\n"
    assert (lab.seed, lab.parameters) == (3, {"p": 0.25, "port": 80, "mtu": 200, "who": "nginx"})
    assert lab.hosts == {"client": "198.18.1.2", "router": "198.18.1.1", "nginx": "198.18.1.130"}


def test_its_nodes(lab: Lab) -> None:
    router, nginx, client = lab.nodes["router"], lab.nodes["nginx"], lab.nodes["client"]
    assert router.interfaces == (
        ("left", IPv4Interface("198.18.1.1/25")),
        ("right", IPv4Interface("198.18.1.129/25")),
    )
    assert (router.forward, nginx.forward) == (True, False)
    assert router.setup == ("ip route replace 198.18.9.9/32 dev eth0",)
    assert client.routes == {"default": IPv4Address("198.18.1.1")}
    assert client.resolv_conf == ("nameserver 198.18.1.130", "options timeout:1")
    assert [(service.name, service.run, service.ready) for service in nginx.services] == [("nginx", "nginx", "tcp:80")]
    files = {file.path: (len(file.content), oct(file.mode)) for file in nginx.files}
    assert files.items() >= {
        ("/etc/lab.conf", (8, "0o644")),
        ("/var/www/html/big", (1000, "0o644")),
        ("/usr/local/bin/tool", (9, "0o755")),
    }
    assert "/etc/nginx/nginx.conf" in files


def test_its_faults_and_probes(lab: Lab) -> None:
    assert list(lab.faults) == ["drop", "small"]
    drop, small = lab.faults.values()
    assert (drop.kind, drop.node, drop.trigger) == ("iptables_drop", "nginx", None)
    assert drop.fault.model_dump()["probability"] == 0.25
    assert small.fault.model_dump() == {"mtu": 200, "interface": "eth1"}
    assert small.trigger == {"probe": "page", "metric": "outcome", "symptom": "changes"}
    assert {key: (use.kind, use.node, use.probe.target) for key, use in lab.probes.items()} == {
        "syn": ("syn", "client", "nginx:80"),
        "page": ("http", "client", "http://nginx/"),
        "ping": ("ping", "client", "198.18.1.130"),
        "usage": ("conntrack_usage", "nginx", ""),
    }
    assert lab.probes["ping"].probe.model_dump()["size"] == 1400


def test_its_expectations(lab: Lab) -> None:
    assert lab.healthy == {
        "syn": {"loss": NoneLost()},
        "page": {"outcome": OneOf(("ok",)), "body_contains": Contains("Thank you")},
        "ping": {"lost": Exactly(0)},
    }
    assert lab.always == {"usage": {"usage": Within(0, 0.1)}}
    assert lab.broken == {
        "syn": {"loss": Near(0.25, 0.1)},
        "page": {"outcome": OneOf(("no_response", "connect_timeout"))},
    }


def test_its_solution(lab: Lab) -> None:
    first, second = lab.solution
    assert (first.title, first.because) == ("Delete the rule", "because of a rule with 0.25")
    assert first.look == (
        Look("nginx", "iptables -nvL", "DROP .* probability 0.25", None, None),
        Look("router", "tcpdump -ni eth1", None, "GET /$", ("client", "ping -c 1 nginx")),
        Look("host", "dmesg", None, "table full", None),
        Look("switch", "ip link", "state UP", None, None),
    )
    assert first.run == (("nginx", "iptables -D INPUT -m statistic --mode random --probability 0.25 -j DROP"),)
    assert (first.removes, first.expect) == (("drop",), {"syn": {"loss": Within(0, 0.01)}})
    assert second.run == (("router", "[ $? = 0 ]"), ("router", "ip link set eth1 mtu 1500"))
    (alternative,) = lab.alternatives
    assert (alternative.leaves, alternative.cures) == (("nft", "sysctls"), ("syn", "usage"))
    assert alternative.run == (("nginx", "iptables -F"),)


def test_its_hints(lab: Lab) -> None:
    assert lab.hints == (
        Hint("Look at the [manual](man).", None),
        Hint("A rule with\na counter of 0.25.", "drop"),
        Hint("The MTU.", "small"),
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("hints: One hint.", [("One hint.", None)]),
        ("hints: '[drop] One hint.'", [("One hint.", "drop")]),
        ("hints: ['[drop] a', b]", [("a", "drop"), ("b", None)]),
        ("hints: |\n  - [drop] a\n  - b\n    - c\n", [("a", "drop"), ("b\n- c", None)]),
        ("hints: |\n  - a <!-- - [nobody] b -->\n", [("a", None)]),
        ("hints: []", []),
    ],
)
def test_hints_in_the_definition(tmp_path: Path, written: str, expected: list[tuple[str, str | None]]) -> None:
    lab = load_text(tmp_path, changed("hints: hints.md\n", written))
    assert [(hint.text, hint.fault) for hint in lab.hints] == expected


def test_a_folder_and_its_file_are_the_same_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "x")
    monkeypatch.chdir(folder)
    assert load(folder) == load(folder / "lab.yaml") == load(Path()) == load(Path("lab.yaml"))
    assert load(Path()).id == "x"


def test_it_is_loaded_without_a_warning(lab: Lab) -> None:
    assert validate(lab.folder)[1] == []


def test_the_fields_of_a_probe_may_stand_behind_its_kind(tmp_path: Path) -> None:
    beside = load_text(tmp_path / "a")
    inside = changed(
        '{node: client, http: "http://$who/", timeout_s: 2}',
        '{node: client, http: {target: "http://$who/", timeout_s: 2}}',
    )
    assert load_text(tmp_path / "b", inside).probes == beside.probes


def test_a_suspect_need_not_be_removed(tmp_path: Path) -> None:
    text = SMALL.replace("KIND", "herring")
    lab = load(write(tmp_path, text), catalogue=Catalogue(faults="tests.unit.definition.kinds"))
    assert (lab.faults["one"].kind, lab.solution) == ("herring", ())


def test_other_faults_must_be_removed(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"lab\.yaml:3:10: faults\.one: no step of the solution removes it$"):
        load(write(tmp_path, SMALL.replace("KIND", "limit")), catalogue=Catalogue(faults="tests.unit.definition.kinds"))

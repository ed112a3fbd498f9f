"""Runs as the engine would report them, for the tests that draw."""

from __future__ import annotations

import random
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

from droplab.harness.contracts.measurement import Measurement, Proportion
from droplab.harness.definition.lab import Lab, LabNode, Service, Step
from droplab.harness.engine.report import Evidence, FaultReport, Phase, Proof, Report, Verdict
from droplab.harness.verdict.expectation import NoneLost, Within
from droplab.harness.verdict.judge import Check

THANKS = "contains 'Thank you for using nginx.'"
STORY = """An nginx server answers its only client badly. `hping3 -S -p 80 -c 10 -i u10000 nginx` loses a good part of
its SYNs, and `curl` times out.

Nobody remembers a change. *Three* suspects:

- somebody's firewall rules
- a connection tracking table that is too small
- "the network"
"""
DROP = "iptables -A {} -m statistic --mode random --probability 0.3 -j DROP"
UNDROP = "iptables -t filter -D {} -m statistic --mode random --probability 0.3 -j DROP"
TABLE = """Chain INPUT (policy ACCEPT 6511 packets, 391K bytes)
 pkts bytes target     prot opt in     out     source      destination
 4093  246K DROP       all  --  *      *       0.0.0.0/0   0.0.0.0/0    statistic mode random probability 0.29999999981

Chain OUTPUT (policy ACCEPT 4633 packets, 204K bytes)
 pkts bytes target     prot opt in     out     source      destination
 1985 87340 DROP       all  --  *      *       0.0.0.0/0   0.0.0.0/0    statistic mode random probability 0.29999999981
"""
NETSTAT = """Kernel Interface table
Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
eth0       100    18211      0    311 0         16590      0      0      0 BMRU
lo       65536       12      0      0 0            12      0      0      0 LRU
"""
TCPDUMP = """listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes
12:00:01.000100 IP 198.18.48.3.41234 > 198.18.48.2.80: Flags [S], seq 1, win 64240, options [mss 1460], length 0
12:00:01.000130 IP 198.18.48.2.80 > 198.18.48.3.41234: Flags [S.], seq 9, ack 2, win 65160, options [mss 256], length 0
12:00:01.000160 IP 198.18.48.3.41234 > 198.18.48.2.80: Flags [.], ack 1, win 502, length 0
"""


def check(
    probe: str,
    metric: str,
    expected: str,
    observed: str,
    *,
    n: int | None = None,
    interval: tuple[float, float] | None = None,
    error: float | None = None,
    verdict: Verdict = "pass",
    why: str = "",
) -> Check:
    """A check that passed unless the rest says otherwise."""
    return Check(
        probe=probe,
        metric=metric,
        expected=expected,
        observed=observed,
        n=n,
        interval=interval,
        error=error,
        verdict=verdict,
        why=why,
    )


def none_lost(probe: str, n: int = 2600) -> Check:
    """No loss, as an exact test states it."""
    return check(probe, "loss", "none (below 1 %)", f"0 of {n}, below 0.6 %", n=n, interval=(0.0, 0.0056), error=1e-6)


def outcome(word: str, expected: str = "ok") -> Check:
    """What became of a page."""
    return check("http", "outcome", expected, word)


def syn(lost: int, n: int, median_s: float, seed: int = 1) -> Measurement:
    """A SYN probe's measurement with its round-trip times."""
    dice = random.Random(seed)
    rtts = sorted(dice.lognormvariate(0, 0.35) * median_s for _ in range(500))
    quantiles = {"min": rtts[0], **{f"p{q}": rtts[5 * q] for q in (25, 50, 75, 95, 99)}, "max": rtts[-1]}
    return Measurement(
        {"loss": Proportion(lost, n), "lost": lost},
        {"sent": n, "rtt_s": quantiles, "rtt_sample_s": rtts, "flags": {"SA": n - lost}, "options": "hping"},
        duration_s=n / 7500,
    )


def ping(lost: int, n: int = 2600) -> Measurement:
    """A ping's measurement."""
    return Measurement({"loss": Proportion(lost, n)}, {}, 0.2)


def page(word: str) -> Measurement:
    """An HTTP probe's measurement."""
    return Measurement({"outcome": word, "total_s": 0.0021, "body_contains": "x" * 845}, {"unacknowledged": 77}, 0.01)


def healthy(name: str, started_s: float) -> Phase:
    """A phase in which everything holds."""
    return Phase(
        name,
        checks=(
            none_lost("syn"),
            outcome("ok"),
            check("http", "body_contains", THANKS, THANKS),
            none_lost("full_size"),
            check("conntrack", "usage", "between 0 and 0.1", "0"),
        ),
        measurements={
            "syn": syn(0, 2600, 48e-6),
            "full_size": ping(0),
            "http": page("ok"),
            "conntrack": Measurement({"usage": 0.0}),
        },
        started_s=started_s,
        duration_s=0.62,
        captures=(f"captures/{name}-nginx.pcap", f"captures/{name}-client.pcap"),
    )


def broken() -> Phase:
    """Half of the SYNs are lost."""
    lost = check("syn", "loss", "51 % ± 5", "51.2 % of 9500 [48.7, 53.7]", n=9500, interval=(0.487, 0.537), error=1e-6)
    return Phase(
        "broken",
        checks=(
            lost,
            outcome("no_response", "connect_timeout or no_response"),
            check("conntrack", "usage", "between 0 and 0.1", "0"),
        ),
        measurements={"syn": syn(4864, 9500, 51e-6, 2), "http": page("no_response")},
        started_s=1.5,
        duration_s=1.74,
        captures=("captures/broken-nginx.pcap", "captures/broken-client.pcap"),
    )


def first_step() -> Phase:
    """The DROP rules are deleted; the page still does not come."""
    look = Evidence("nginx", "iptables -t filter -nvL", TABLE, 0, "shows /DROP .* statistic mode random/", True, 0.004)
    runs = tuple(Evidence("nginx", UNDROP.format(chain), "", 0, None, True, 0.003) for chain in ("INPUT", "OUTPUT"))
    return Phase(
        "Delete the two DROP rules",
        checks=(none_lost("syn"), outcome("no_response", "no_response")),
        evidence=(look, *runs),
        measurements={"syn": syn(0, 2600, 47e-6, 3), "http": page("no_response")},
        because="two DROP rules, statistic mode random, with growing counters",
        started_s=3.3,
        duration_s=1.1,
    )


def second_step() -> Phase:
    """The MTU is restored."""
    looks = (
        Evidence("nginx", "netstat -i", NETSTAT, 0, r"shows /eth0 +100 +\d+ +\d+ +[1-9]/", True, 0.002),
        Evidence(
            "nginx",
            "tcpdump -nni eth0 tcp port 80   (while client# curl -s --max-time 0.5 http://nginx/)",
            TCPDUMP,
            0,
            "shows /mss 256/ and lacks /GET / HTTP/",
            True,
            0.61,
        ),
        Evidence("nginx", "ifconfig eth0 mtu 1500", "", 0, None, True, 0.002),
    )
    return Phase(
        "Restore the MTU",
        evidence=looks,
        because="the handshake passes, the GET never arrives; MTU 100 and RX-DRP growing",
        started_s=4.4,
        duration_s=0.68,
    )


def faults() -> tuple[FaultReport, ...]:
    """The three faults of lab 48, proven."""
    drops = tuple(
        FaultReport(
            f"drop_{chain.lower()}",
            "iptables_drop",
            "nginx",
            {"chain": chain, "probability": 0.3, "syn": False},
            (DROP.format(chain),),
            Proof(
                "ok",
                f"ok: packets in the rule +{487 + position}",
                f"ok: syn loss {('0', '30.1')[position]} % of 1637 → {('29.7', '51.3')[position]} % of 1637",
                "ok: unchanged, arp loss 0 % of 20 → 0 % of 20",
                0.41,
            ),
            True,
        )
        for position, chain in enumerate(("INPUT", "OUTPUT"))
    )
    mtu = FaultReport(
        "small_mtu",
        "mtu",
        "nginx",
        {"mtu": 100, "interface": "eth0"},
        ("ip link set dev eth0 mtu 100",),
        Proof(
            "ok",
            "ok: eth0 rx_dropped +147",
            "ok: syn loss 50.7 % of 300 → 100 % of 300",
            "ok: unchanged, syn loss 51.1 % of 1000 → 50.4 % of 1000",
            0.2,
        ),
        True,
    )
    return (*drops, mtu)


def passing() -> Report:
    """A whole run of lab 48 as it should be."""
    gone = replace(healthy("gone", 5.1), because="")
    equal = Check.of_state("snapshot", "equal to the baseline", "equal", "pass")
    return Report(
        lab="48",
        title="The server constantly drops packets",
        story=STORY,
        runtime="netns",
        seed=7,
        parameters={"p_in": 0.3, "p_out": 0.3},
        started="2031-05-04T12:00:00+00:00",
        duration_s=5.9,
        verdict="pass",
        why="",
        phases=(
            healthy("healthy", 0.1),
            broken(),
            first_step(),
            second_step(),
            replace(gone, checks=(*gone.checks, equal)),
        ),
        faults=faults(),
        residue=(),
        commands=(
            "nginx: " + DROP.format("INPUT"),
            "nginx: " + UNDROP.format("INPUT"),
            "nginx: ifconfig eth0 mtu 1500",
        ),
        environment={
            "kernel": "6.18.0",
            "machine": "x86_64",
            "distribution": "Debian GNU/Linux 12 (bookworm)",
            "cores": "8",
            "droplab": "0.1.0",
            "iptables": "iptables v1.8.9 (nf_tables)",
            "definition": "sha256:0f1e",
        },
        reproduce="droplab run 48 --seed 7 --runtime netns",
        topology={"nginx": "198.18.48.2/24", "client": "198.18.48.3/24"},
    )


def failing() -> Report:
    """A run whose second phase differs from the definition, and which left something behind."""
    report = passing()
    wrong = check(
        "syn",
        "loss",
        "51 % ± 5",
        "30.2 % of 9500 [27.9, 32.6]",
        n=9500,
        interval=(0.279, 0.326),
        error=1e-6,
        verdict="fail",
        why="one rule seems to be missing: look at iptables -nvL on nginx",
    )
    unclear = check(
        "full_size", "loss", "none (below 1 %)", "3 of 400", n=400, interval=(0.0002, 0.04), verdict="inconclusive"
    )
    stalled = check("http", "outcome", "ok", "nothing", verdict="error", why="the node is gone")
    phases = (report.phases[0], replace(report.phases[1], checks=(wrong, unclear, stalled)))
    dead = replace(
        report.faults[1], proof=replace(report.faults[1].proof, trace="failed: packets in the rule +0"), gone=None
    )
    return replace(
        report,
        verdict="fail",
        why="broken: syn loss differs",
        phases=phases,
        faults=(report.faults[0], dead),
        residue=("nft: table inet x is still there",),
    )


def lab() -> Lab:
    """Lab 48 as the console needs it."""
    nodes = {
        name: LabNode(name, (("lan", IPv4Interface(address)),), {}, False, (), (), (), services)
        for name, address, services in (
            ("nginx", "198.18.48.2/24", (Service("nginx", "nginx", "tcp:80"),)),
            ("client", "198.18.48.3/24", ()),
        )
    }
    steps = tuple(Step(phase.name, phase.because, (), (), (), {}) for phase in (first_step(), second_step()))
    return Lab(
        id="48",
        folder=Path("labs/48"),
        title="The server constantly drops packets",
        story=STORY,
        seed=7,
        parameters={"p_in": 0.3},
        nodes=nodes,
        faults={},
        probes={},
        healthy={"syn": {"loss": NoneLost()}},
        always={"conntrack": {"usage": Within(0, 0.1)}},
        broken={},
        solution=steps,
        alternatives=(),
        hints=(),
        digest="0f1e",
    )

"""SYN probes against a real kernel. The server's own counters are the truth."""

from __future__ import annotations

import random
import socket

import pytest

from droplab.harness.contracts.measurement import Measurement, Proportion
from droplab.harness.errors import NodeLost, UsageError
from droplab.harness.probes.syn import Syn
from tests.netns.probes.bench import Bench, Namespace

pytestmark = pytest.mark.usefixtures("listener")

ALL_300 = Proportion(300, 300)


def loss(measurement: Measurement) -> Proportion:
    value = measurement.values["loss"]
    assert isinstance(value, Proportion)
    return value


def half_open(server: Namespace) -> int:
    return sum(line.split()[3] == "03" for line in server.read("/proc/net/tcp").splitlines())


def drop(server: Namespace, chain: str, match: str = "") -> None:
    server.do(f"iptables -A {chain} {match} -j DROP")


def test_a_healthy_port_answers_every_probe(client: Namespace, server: Namespace) -> None:
    seen = Syn(target="server:80").measure(client)
    assert (loss(seen), seen.values["reply"], seen.values["mss"]) == (Proportion(0, 2600), "syn_ack", 1460)
    assert (seen.values["late"], seen.values["dup"], seen.doubt) == (0, 0, None)
    assert half_open(server) == 0


def test_an_exact_fault_is_counted_exactly(client: Namespace, server: Namespace) -> None:
    drop(server, "INPUT", "-p tcp --syn -m statistic --mode nth --every 3 --packet 0")
    assert Syn(target="server:80", count=300).measure(client).values["lost"] == 100


@pytest.mark.parametrize(
    ("chain", "match"), [("INPUT", "-p tcp --syn"), ("OUTPUT", "-p tcp --tcp-flags SYN,ACK SYN,ACK")]
)
def test_what_the_rule_dropped_is_what_is_lost(client: Namespace, server: Namespace, chain: str, match: str) -> None:
    drop(server, chain, f"{match} -m statistic --mode random --probability 0.3")
    lost = Syn(target="server:80", count=4000).measure(client).values["lost"]
    assert lost == server.dropped() > 0


def test_two_rules_multiply_and_the_probe_harms_nobody(client: Namespace, server: Namespace) -> None:
    for chain in ("INPUT", "OUTPUT"):
        drop(server, chain, "-m statistic --mode random --probability 0.3")
    seen = Syn(target="server:80", count=20_000).measure(client)
    assert 0.49 < loss(seen).estimate < 0.53
    assert seen.doubt is None
    assert server.counter("TcpExt", "SyncookiesSent") == 0
    assert server.counter("TcpExt", "ListenDrops") == 0
    assert half_open(server) < 60  # of 20000; each SYN's eight RSTs may all be lost


def test_a_small_syn_queue_is_not_filled(client: Namespace, server: Namespace, listener: socket.socket) -> None:
    server.do("sysctl -w net.ipv4.tcp_syncookies=0")
    listener.listen(64)
    for chain in ("INPUT", "OUTPUT"):
        drop(server, chain, "-m statistic --mode random --probability 0.3")
    assert Syn(target="server:80", count=4000).measure(client).values["reply"] == "syn_ack"
    assert server.counter("TcpExt", "TCPReqQFullDrop") == 0


@pytest.mark.parametrize(
    ("chain", "late", "dup"),
    [("INPUT", False, True), ("OUTPUT", True, False)],
    ids=["to the server", "from the server"],
)
def test_listening_tells_the_direction(client: Namespace, server: Namespace, chain: str, late: bool, dup: bool) -> None:
    drop(server, chain, "-m statistic --mode random --probability 0.5")
    seen = Syn(target="server:80", mode="listen", count=100).measure(client)
    assert (seen.values["late"] != 0, seen.values["dup"] != 0) == (late, dup)
    assert half_open(server) < 10


def test_a_payload_meets_a_small_mtu(client: Namespace, server: Namespace) -> None:
    server.do("ip link set eth0 mtu 100")
    assert loss(Syn(target="server:80", payload=200, count=300).measure(client)) == ALL_300
    seen = Syn(target="server:80", count=300).measure(client)
    assert (loss(seen).k, seen.values["mss"]) == (0, 256)


def test_a_payload_fills_an_ethernet_frame(client: Namespace) -> None:
    assert loss(Syn(target="server:80", payload=1460, count=64).measure(client)).k == 0


@pytest.mark.parametrize("payload", [0, 200])
def test_a_closed_port_answers_with_a_reset(client: Namespace, payload: int) -> None:
    seen = Syn(target="server:81", count=64, payload=payload).measure(client)
    assert (loss(seen).k, seen.values["reply"], seen.details["flags"]) == (0, "rst", {"RA": 64})


def test_reset_for_some(client: Namespace, server: Namespace) -> None:
    server.do(
        "iptables -A INPUT -p tcp --syn -m statistic --mode nth --every 2 --packet 0 -j REJECT --reject-with tcp-reset"
    )
    seen = Syn(target="server:80", count=64).measure(client)
    assert (loss(seen).k, seen.values["reply"], seen.details["flags"]) == (0, "mixed", {"SA": 32, "RA": 32})


def test_an_icmp_error_is_told(client: Namespace, server: Namespace) -> None:
    server.do("iptables -A INPUT -p tcp -j REJECT --reject-with icmp-host-prohibited")
    seen = Syn(target="server:80", count=32, deadline_s=0.1).measure(client)
    assert (loss(seen).k, seen.values["reply"]) == (32, "icmp")
    assert "icmp 3/10" in dict(seen.details["flags"])  # type: ignore[call-overload]


def test_silence(client: Namespace, server: Namespace) -> None:
    drop(server, "INPUT")
    seen = Syn(target="server:80", count=32, deadline_s=0.1).measure(client)
    assert (loss(seen).k, seen.values["reply"]) == (32, "none")
    assert "rtt_p50_s" not in seen.values


def test_a_drop_in_the_own_output_is_a_loss(client: Namespace) -> None:
    client.do("iptables -A OUTPUT -p tcp --syn -m statistic --mode nth --every 2 --packet 0 -j DROP")
    seen = Syn(target="server:80", count=300).measure(client)
    assert (seen.values["lost"], seen.details["errors"], seen.doubt) == (150, {"EPERM": 150}, None)


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("ip link set eth0 down", "ENETUNREACH"),
        ("ip route add unreachable 198.18.77.2", "EHOSTUNREACH"),
        ("ip route add blackhole 198.18.77.2", "EINVAL"),
        ("ip route add prohibit 198.18.77.2", "EACCES"),
    ],
)
def test_no_way(client: Namespace, command: str, word: str) -> None:
    client.do(command)
    seen = Syn(target="server:80", count=300).measure(client)
    assert (loss(seen), seen.values["reply"], seen.details["errors"]) == (ALL_300, "unreachable", {word: 300})


def test_without_interface_the_node_is_lost(client: Namespace) -> None:
    client.do("ip link delete eth0")
    with pytest.raises(NodeLost, match="client"):
        Syn(target="server:80").measure(client)


def test_an_unknown_name(client: Namespace) -> None:
    with pytest.raises(UsageError, match="did you mean server"):
        Syn(target="servre:80").measure(client)


def test_a_delay_is_doubt_and_not_loss(net: Bench) -> None:
    net.server.do("tc qdisc add dev eth0 root tbf rate 64kbit burst 1600 limit 60000")
    seen = Syn(target="server:80", count=200, deadline_s=0.05).measure(net.client)
    assert seen.doubt is not None
    assert "raise deadline_s" in seen.doubt


@pytest.mark.parametrize(
    ("options", "flags", "received"),
    [("hping", "[none]", []), ("linux", "[DF]", ["MSS", "SAckOK", "Timestamp", "NOP", "WScale"])],
)
def test_the_syn_is_what_others_send(
    client: Namespace, server: Namespace, options: str, flags: str, received: list[str]
) -> None:
    from scapy.layers.inet import IP, TCP

    with server.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as tap:
        Syn.model_validate({"target": "server:80", "count": 1, "options": options, "payload": 3}).measure(client)
        packet = tap.recv(2048)
    syn = IP(packet)
    checked = IP(packet)
    del checked[TCP].chksum
    assert [name for name, _ in syn[TCP].options] == received
    assert ("[DF]" if "DF" in syn.flags else "[none]") == flags
    assert syn[TCP].chksum == IP(bytes(checked))[TCP].chksum
    assert (syn[TCP].dport, bytes(syn[TCP].payload)) == (80, b"XXX")


def test_a_seed_repeats_ports_and_sequence_numbers(client: Namespace, server: Namespace) -> None:
    def sent(seed: int) -> list[bytes]:
        with server.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as tap:
            Syn(target="server:80", count=3, seed=seed).measure(client)
            return [tap.recv(2048)[20:28] for _ in range(3)]

    seed = random.randrange(1 << 30)
    assert sent(seed) == sent(seed) != sent(seed + 1)

"""A lab, on either runtime: it serves, and a student can work in it."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket

import pytest

from droplab.harness.contracts.node import Node
from droplab.harness.definition.lab import Service
from droplab.harness.errors import CommandFailed, DroplabError, NodeLost
from droplab.harness.runtime import readiness, requirements
from droplab.harness.runtime.contract import Provisioned
from tests.runtimes.bed import OTHER, Bed
from tests.runtimes.labs import PAGE, lab_of, node, two_nodes
from tests.waiting import gone_within


def get(client: Node, address: str) -> tuple[int, bytes]:
    """GET / from a node, through its own network."""
    connection = http.client.HTTPConnection(address)
    connection.sock = client.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.sock.settimeout(3)
    try:
        connection.sock.connect((address, 80))
        connection.request("GET", "/")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_server_serves_the_page_of_the_lab(lab: Provisioned) -> None:
    assert get(lab.nodes["client"], "198.18.48.2") == (200, PAGE)


def test_nodes_know_each_other_by_name(lab: Provisioned) -> None:
    assert lab.nodes["client"].exec(["curl", "-s", "http://nginx/"]).stdout.encode() == PAGE
    assert lab.nodes["client"].exec(["cat", "/etc/resolv.conf"]).stdout == "nameserver 198.18.48.2\noptions timeout:1\n"
    assert lab.nodes["client"].exec(["hostname"]).stdout == "client\n"


STUDENT = [
    "iptables -A INPUT -m statistic --mode random --probability 0.3 -j DROP",
    "iptables -nvL",
    "iptables -D INPUT -m statistic --mode random --probability 0.3 -j DROP",
    "ip6tables -nvL",
    "nft list ruleset",
    "ip addr show eth0",
    "ip link set eth0 mtu 1400",
    "ifconfig eth0 mtu 1500",
    "ip route",
    "tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 50ms",
    "tc qdisc del dev eth0 root",
    "ss -ltnp",
    "netstat -i",
    "timeout -s INT 1 tcpdump -nni eth0 -w /tmp/capture || [ $? = 124 ]",
    "conntrack -L",
    "ping -c 1 -W 1 client",
    "arping -c 1 -I eth0 198.18.48.3",
    "sysctl -w net.ipv4.tcp_syncookies=0",
    "sysctl -w net.ipv4.conf.eth0.rp_filter=1",
    "nginx -t",
    "nginx -s reload",
    "tail -n 1 /var/log/nginx/error.log",
    "pkill -STOP -u www-data nginx && pkill -CONT -u www-data nginx",
    "sed -i s/nginx/server/ /etc/hosts",
    "sed -i /timeout/d /etc/resolv.conf",
]


def test_a_student_can_work(lab: Provisioned) -> None:
    results = [lab.nodes["nginx"].exec(["sh", "-c", command]) for command in STUDENT]
    assert {result.argv[2]: result.stderr for result in results if result.returncode} == {}


def test_a_sysctl_of_a_student_stays_in_the_node(lab: Provisioned) -> None:
    server, client = lab.nodes["nginx"], lab.nodes["client"]
    before = client.read("/proc/sys/net/ipv4/tcp_fin_timeout")
    assert server.exec(["sysctl", "-w", "net.ipv4.tcp_fin_timeout=7"]).returncode == 0
    assert server.read("/proc/sys/net/ipv4/tcp_fin_timeout").strip() == "7"
    assert client.read("/proc/sys/net/ipv4/tcp_fin_timeout") == before


def test_rules_of_host_and_student_are_the_same(lab: Provisioned) -> None:
    server = lab.nodes["nginx"]
    server.run(["iptables", "-A", "INPUT", "-p", "tcp", "--dport", "80", "-j", "DROP"])
    with pytest.raises(OSError, match="timed out"):
        get(lab.nodes["client"], "198.18.48.2")
    assert server.exec(["iptables", "-D", "INPUT", "-p", "tcp", "--dport", "80", "-j", "DROP"]).returncode == 0
    assert get(lab.nodes["client"], "198.18.48.2")[0] == 200


def test_exec_tells_status_and_both_outputs(lab: Provisioned) -> None:
    result = lab.nodes["client"].exec(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (result.returncode, result.stdout, result.stderr) == (3, "out\n", "err\n")
    assert lab.nodes["client"].exec(["no-such-command"]).returncode == 127
    assert len(lab.nodes["client"].exec(["seq", "100000"]).stdout.split()) == 100000


def test_exec_ends_a_command_and_its_children_at_its_limit(lab: Provisioned) -> None:
    client = lab.nodes["client"]
    assert client.exec(["sh", "-c", "sleep 1234; echo never"], timeout_s=0.3).returncode == 124
    assert client.exec(["pgrep", "-f", "sleep 1234"]).stdout == ""


def test_exec_until_sees_what_happens_meanwhile(lab: Provisioned) -> None:
    server, client = lab.nodes["nginx"], lab.nodes["client"]
    seen, other = server.exec_until(
        ["sh", "-c", "tcpdump -nni eth0 tcp port 80"], client, ["curl", "-s", "http://nginx/"]
    )
    assert other.stdout.encode() == PAGE
    assert re.search("listening on eth0", seen.stdout)
    assert re.search("GET / HTTP/1.1", seen.stdout)
    assert server.exec(["pgrep", "tcpdump"]).returncode == 1


def test_files_lists_what_a_student_changed_and_no_logs(lab: Provisioned) -> None:
    server = lab.nodes["nginx"]
    before = server.files()
    server.exec(["sh", "-c", "echo 198.18.48.9 mail >> /etc/hosts; chmod 600 /etc/nginx/nginx.conf; rm /etc/profile"])
    server.exec(["sh", "-c", "echo x >> /var/log/nginx/access.log; echo x > /tmp/x; nginx -s reopen"])
    after = server.files()
    assert {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} == {
        "/etc/hosts",
        "/etc/profile",
        "/etc/nginx/nginx.conf",
    }
    assert after["/etc/nginx/nginx.conf"].startswith("600 ") or "600" in after["/etc/nginx/nginx.conf"].split()[0]


def test_processes_lists_services_but_no_shell_of_a_student(lab: Provisioned) -> None:
    server = lab.nodes["nginx"]
    before = server.processes()
    assert any("nginx: master process" in line for line in before)
    assert server.exec(["sh", "-c", "sleep 0; nginx -s stop"]).returncode == 0
    assert gone_within(5, lambda: any("nginx: master" in line for line in server.processes()))


def test_a_node_whose_init_was_killed_is_lost(lab: Provisioned) -> None:
    assert lab.nodes["nginx"].alive()
    os.kill(lab.nodes["nginx"].pid, signal.SIGKILL)
    assert gone_within(5, lab.nodes["nginx"].alive)
    assert lab.nodes["client"].alive()
    with pytest.raises(NodeLost):
        lab.nodes["nginx"].exec(["true"])


def test_a_node_without_its_interface_is_alive(lab: Provisioned) -> None:
    assert lab.nodes["client"].exec(["ip", "link", "del", "eth0"]).returncode == 0
    assert lab.nodes["client"].alive()


def test_a_service_that_does_not_start_is_told_in_its_own_words(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "READY_WITHIN_S", 1.0)
    broken = Service("nginx", "nginx -g 'no_such_directive;'", "tcp:80")
    with pytest.raises(DroplabError, match="no_such_directive"):
        bed.foreground(lab_of(node("nginx", "198.18.48.2/24", services=(broken,))))
    assert bed.left() == []


def test_a_setup_command_that_fails_undoes_the_start(bed: Bed) -> None:
    with pytest.raises(CommandFailed, match="no-such-command"):
        bed.foreground(lab_of(node("nginx", "198.18.48.2/24", setup=("no-such-command",))))
    assert bed.left() == []


def test_two_labs_share_addresses_but_nothing_else(bed: Bed, lab: Provisioned) -> None:
    other = bed.foreground(run_id=OTHER)
    try:
        other.nodes["nginx"].exec(["nginx", "-s", "stop"])
        assert get(lab.nodes["client"], "198.18.48.2") == (200, PAGE)
    finally:
        other.close()


def test_nothing_is_missing_here(bed: Bed) -> None:
    assert bed.runtime.missing(two_nodes()) == []


def test_a_missing_tool_is_named_with_its_package(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "find_tool", lambda name: None if name == "nft" else f"/usr/sbin/{name}")
    assert bed.runtime.missing(two_nodes()) == ["nft is not installed: apt-get install nftables"]


def test_a_command_that_prints_for_ever_ends_at_its_limit(lab: Provisioned) -> None:
    result = lab.nodes["client"].exec(["yes"], timeout_s=1)
    assert result.returncode == 124
    assert result.duration_s < 10
    assert len(result.stdout) < 5 << 20
    assert "bytes more were not kept" in result.stdout


def test_no_zombies_are_left_by_services_and_students(lab: Provisioned) -> None:
    server = lab.nodes["nginx"]
    server.exec(["sh", "-c", "(sleep 0.1 &) ; nginx -s reload"])
    zombies = "! ps -eo stat,args | grep '^Z'"
    assert gone_within(3, lambda: server.exec(["sh", "-c", zombies]).returncode)

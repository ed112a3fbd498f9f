"""What earlier traffic taught the kernels is forgotten, in every namespace that is given and in no other."""

from __future__ import annotations

import socket
import time

from droplab.harness.engine.settle import settle
from tests.netns.engine.ground import GivenNode, Ground
from tests.netns.engine.too_big import too_big

CLIENT, SERVER = "198.18.77.3", "198.18.77.2"
LEARNT_WITHIN_S = 2.0


def path(node: GivenNode) -> str:
    """What the client's kernel has learnt of the path to the server, for example "mtu 600"."""
    return node.sh(f"ip route get {SERVER} | grep -o 'mtu [0-9]*' || true").strip()


def test_a_path_mtu_that_was_learnt_is_forgotten(net: Ground) -> None:
    too_big(net.server, CLIENT, SERVER, 600)
    deadline = time.monotonic() + LEARNT_WITHIN_S
    while path(net.client) == "" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert path(net.client) == "mtu 600"
    settle([net.server])
    assert path(net.client) == "mtu 600"
    settle([net.client])
    assert path(net.client) == ""


def test_a_neighbour_that_failed_is_forgotten(net: Ground) -> None:
    net.client.sh("ip neigh replace 198.18.77.99 dev eth0 nud failed")
    net.client.sh("ip neigh replace 198.18.77.98 lladdr 02:00:00:00:00:01 dev eth0 nud reachable")
    assert "198.18.77.99" in net.client.sh("ip neigh show nud failed")
    settle([net.client])
    assert net.client.sh("ip neigh show nud failed") == ""
    assert "198.18.77.98" in net.client.sh("ip neigh show")


def test_a_peer_that_is_known_is_forgotten(net: Ground) -> None:
    with net.server.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((SERVER, 7000))
        listener.listen()
        with net.client.socket(socket.AF_INET, socket.SOCK_STREAM) as asking:
            asking.connect((SERVER, 7000))
            answering, _ = listener.accept()
            with answering:
                asking.sendall(b"x" * 1000)
                assert len(answering.recv(2000)) == 1000
            assert asking.recv(1) == b""
    deadline = time.monotonic() + LEARNT_WITHIN_S
    while not (known := net.client.sh("ip tcp_metrics show")) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert SERVER in known
    settle([net.client, net.server])
    assert net.client.sh("ip tcp_metrics show") == ""
    assert net.server.sh("ip tcp_metrics show") == ""

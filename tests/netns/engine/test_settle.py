"""What earlier traffic taught the kernels is forgotten, in every namespace that is given and in no other."""

from __future__ import annotations

import socket
import struct
import time

from droplab.harness.engine.settle import settle
from tests.netns.engine.ground import GivenNode, Ground

CLIENT, SERVER = "198.18.77.3", "198.18.77.2"
LEARNT_WITHIN_S = 2.0


def checksum(data: bytes) -> int:
    """RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - (total + (total >> 16)) % 0x10000


def tell_of_a_narrow_path(net: Ground, mtu: int) -> None:
    """The server sends the client an ICMP "fragmentation needed" (RFC 1191) about a UDP socket that the client has."""
    with net.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.bind((CLIENT, 0))
        asked.connect((SERVER, 6000))
        addresses = socket.inet_aton(CLIENT) + socket.inet_aton(SERVER)
        inner = struct.pack("!BBHHHBBH", 0x45, 0, 28, 0, 0x4000, 64, socket.IPPROTO_UDP, 0) + addresses
        inner += struct.pack("!HHHH", asked.getsockname()[1], 6000, 8, 0)
        message = struct.pack("!BBHHH", 3, 4, 0, 0, mtu) + inner
        message = struct.pack("!BBHHH", 3, 4, checksum(message), 0, mtu) + inner
        with net.server.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as teller:
            teller.sendto(message, (CLIENT, 0))
        deadline = time.monotonic() + LEARNT_WITHIN_S
        while path(net.client) == "" and time.monotonic() < deadline:
            time.sleep(0.01)


def path(node: GivenNode) -> str:
    """What the client's kernel has learnt of the path to the server, for example "mtu 600"."""
    return node.sh(f"ip route get {SERVER} | grep -o 'mtu [0-9]*' || true").strip()


def test_a_path_mtu_that_was_learnt_is_forgotten(net: Ground) -> None:
    tell_of_a_narrow_path(net, 600)
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

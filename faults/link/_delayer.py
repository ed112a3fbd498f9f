"""A listener of an NFQUEUE that lets every packet go on after a while. Run by link_delay, not a kind.

``python -m droplab.faults.link._delayer --queue N --delay-ms D --jitter-ms J --interface eth0 --token T`` works in the
network namespace that it is started in. It returns once the queue is bound and goes on in the background; it ends when
the interface is gone. The token is there to find it by.
"""

from __future__ import annotations

import argparse
import heapq
import os
import random
import select
import socket
import struct
import sys
import time

NETLINK_NETFILTER = 12
SOL_NETLINK, NETLINK_NO_ENOBUFS = 270, 5
SO_RCVBUFFORCE = 33
BUFFER_BYTES = 16 << 20
PACKET, VERDICT, CONFIG = 0x300, 0x301, 0x302  # NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_* (linux/nfnetlink_queue.h)
CMD, PARAMS, MAXLEN, MASK, FLAGS = 1, 2, 3, 4, 5  # NFQA_CFG_*
VERDICT_HEADER = 2  # NFQA_VERDICT_HDR
BIND, COPY_META, WHOLE_GSO, ACCEPT = 1, 1, 4, 1
MOST = 65_536  # packets that may wait; netem's own limit is 1000
NLMSG_ERROR, REQUEST, ACKNOWLEDGE = 2, 1, 4
HEADER = struct.Struct("=IHHIIBxH")  # struct nlmsghdr and struct nfgenmsg
PACKET_ID = struct.Struct(">I")
PACKET_ID_AT = HEADER.size + 4  # NFQA_PACKET_HDR is the first attribute
LOOK_S = 0.5


def message(kind: int, queue: int, *attributes: tuple[int, bytes], flags: int = REQUEST) -> bytes:
    """A netlink message about a queue."""
    body = b"".join(
        struct.pack("=HH", 4 + len(payload), attribute) + payload + bytes(-len(payload) % 4)
        for attribute, payload in attributes
    )
    return HEADER.pack(HEADER.size + len(body), kind, flags, 0, 0, socket.AF_UNSPEC, socket.htons(queue)) + body


def bind(sock: socket.socket, queue: int) -> None:
    """Become the listener of the queue. Raises OSError, EBUSY where it has one already."""
    whole = struct.pack(">I", WHOLE_GSO)
    ask(sock, queue, (CMD, struct.pack(">BxH", BIND, socket.AF_INET)))
    ask(sock, queue, (PARAMS, struct.pack(">IB", 0, COPY_META)), (MAXLEN, struct.pack(">I", MOST)))
    ask(sock, queue, (MASK, whole), (FLAGS, whole))


def ask(sock: socket.socket, queue: int, *attributes: tuple[int, bytes]) -> None:
    """Configure the queue and wait for the kernel's acknowledgement. Raises OSError."""
    sock.sendto(message(CONFIG, queue, *attributes, flags=REQUEST | ACKNOWLEDGE), (0, 0))
    answer = sock.recv(8192)
    kind, error = struct.unpack_from("=4xH10xi", answer)
    if kind == NLMSG_ERROR and error:
        raise OSError(-error, os.strerror(-error))


def delay(sock: socket.socket, queue: int, delay_s: float, jitter_s: float, interface: str) -> None:
    """Give every packet its verdict when its time has come, until the interface is gone."""
    waiting: list[tuple[float, int]] = []
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    look_at = time.monotonic() + LOOK_S
    while True:
        until = min(waiting[0][0], look_at) if waiting else look_at
        ready = poll.poll(max(0.0, until - time.monotonic()) * 1000)
        now = time.monotonic()
        for packet in _received(sock) if ready else ():
            heapq.heappush(waiting, (now + delay_s + random.uniform(0, jitter_s), packet))
        while waiting and waiting[0][0] <= now:
            _, packet = heapq.heappop(waiting)
            sock.sendto(message(VERDICT, queue, (VERDICT_HEADER, struct.pack(">II", ACCEPT, packet))), (0, 0))
        if now >= look_at:
            look_at = now + LOOK_S
            if interface not in {name for _, name in socket.if_nameindex()}:
                return


def _received(sock: socket.socket) -> list[int]:
    """The numbers of the packets that lie in the receive queue."""
    packets: list[int] = []
    while True:
        try:
            data = sock.recv(8192, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return packets
        if struct.unpack_from("=4xH", data)[0] == PACKET:
            packets.append(PACKET_ID.unpack_from(data, PACKET_ID_AT)[0])


def go_to_background() -> None:
    """Let the caller go on: its end of stdout and stderr closes when this process has let go of them, too."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


def main() -> None:
    """Bind, go to the background, delay."""
    options = argparse.ArgumentParser(prog="_delayer")
    options.add_argument("--queue", type=int, required=True)
    options.add_argument("--delay-ms", type=float, required=True)
    options.add_argument("--jitter-ms", type=float, required=True)
    options.add_argument("--interface", required=True)
    options.add_argument("--token", required=True)
    given = options.parse_args()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        sock.setsockopt(SOL_NETLINK, NETLINK_NO_ENOBUFS, 1)
        try:
            bind(sock, given.queue)
        except OSError as error:
            sys.exit(f"NFQUEUE {given.queue}: {error}")
        go_to_background()
        delay(sock, given.queue, given.delay_ms / 1000, given.jitter_ms / 1000, given.interface)


if __name__ == "__main__":
    main()

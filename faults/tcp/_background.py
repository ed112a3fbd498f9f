"""A program of a fault that stays: ready when its starter's pipes close, gone when it is told or the lab has ended."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable

from droplab.harness.contracts.node import Node

TURN_S = 0.25
SO_NETNS_COOKIE = 71  # asm-generic/socket.h


def token(node: Node, what: str) -> str:
    """A word that finds a node's program among all processes of the machine; the same for each plan of one fault.

    The cookie of a network namespace is never given to another one.
    """
    with node.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        cookie = int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8), sys.byteorder)
    return f"{what}-{cookie:016x}"


def detach() -> None:
    """Return in a child that holds no terminal and no pipe; whoever waits for our output goes on now."""
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)


def stay(work: Callable[[], None] | None = None, every_s: float = TURN_S) -> None:
    """Do ``work`` over and over, until eth0 is gone: what is held open here must not keep a dead lab's network."""
    while _lab_lives():
        if work is not None:
            work()
        time.sleep(every_s)


def _lab_lives() -> bool:
    try:
        return socket.if_nametoindex("eth0") > 0
    except OSError:
        return False

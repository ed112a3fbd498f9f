"""SYN probes on the wire: a fresh port and sequence number each, taken back by RSTs."""

from __future__ import annotations

import math
import random
import socket
import struct
from collections import Counter

from droplab.harness.probes.packets import RST, SYN_ACK, Ends, TcpPatcher, address_word, flag_letters
from droplab.harness.probes.raw_sockets import AT_LEAST, EQUALS, LOAD_BYTE_X, LOAD_HALF_X, LOAD_WORD, LOAD_WORD_X, Test
from droplab.harness.probes.volley import SNAP_BYTES

FIRST_PORT = 20_000  # below Linux's ephemeral ports (32768..60999), so that no socket of the node is met
PORTS = 12_000
FEWEST_RESETS, MOST_RESETS = 2, 8
LEFT_HALF_OPEN = 1e-3  # wanted at most, as a share of the probes

_quoted = struct.Struct("!HHI")
_reply = struct.Struct("!HHIIBB")


class SynFlow:
    """Sends SYNs, recognises SYN-ACK and RST by port and acknowledged number, resets what may be half open.

    ``taken`` bytes of payload may be acknowledged as well: a RST acknowledges them (RFC 9293, 3.10.7.1).
    """

    def __init__(
        self, sender: socket.socket, ends: Ends, syn: TcpPatcher, rst: TcpPatcher, payload: int, seed: int | None
    ) -> None:
        self._sender = sender
        self._address = (ends.target, 0)
        self._syn, self._rst = syn, rst
        self._acknowledged = (1, 1 + payload)
        dice = random.Random(seed)
        self._start = dice.randrange(PORTS)
        self._draw = dice.getrandbits
        self._isn: list[int] = []
        self._flags: dict[int, int] = {}
        self._refused_resets = 0

    def send(self, number: int) -> None:
        """A SYN from the next port, with a new sequence number."""
        isn = self._draw(32)
        self._isn.append(isn)
        port = FIRST_PORT + (self._start + number) % PORTS
        self._sender.sendto(self._syn.patch(port, isn), self._address)

    def match(self, packet: bytes, sent: int) -> int:
        """A SYN-ACK or a RST that acknowledges just what the probe sent."""
        _, port, _, ack, _, flags = _reply.unpack_from(packet, (packet[0] & 15) * 4)
        offset = (port - FIRST_PORT - self._start) % PORTS
        number: int = offset + (sent - 1 - offset) // PORTS * PORTS
        if number < 0 or (ack - self._isn[number]) & 0xFFFFFFFF not in self._acknowledged:
            return -1
        if flags & SYN_ACK != SYN_ACK and not flags & RST:
            return -1
        self._flags.setdefault(number, flags)
        return number

    def forget(self, first: int, end: int, loss: float) -> None:
        """Several blind RSTs for each probe: if all are lost, an entry stays half open, so more of them under loss."""
        copies = resets(loss)
        patch, sendto, address, isn = self._rst.patch, self._sender.sendto, self._address, self._isn
        for number in range(first, end):
            packet = patch(FIRST_PORT + (self._start + number) % PORTS, (isn[number] + 1) & 0xFFFFFFFF)
            for _ in range(copies):
                try:
                    sendto(packet, address)
                except OSError:  # for example a DROP in the node's own OUTPUT
                    self._refused_resets += 1

    def errors(self, receiver: socket.socket) -> Counter[str]:
        """ICMP errors about our probes, as "icmp 3/CODE"; routers limit their rate, so none proves nothing."""
        seen: Counter[str] = Counter()
        while True:
            try:
                packet = receiver.recv(SNAP_BYTES)
            except BlockingIOError:
                return seen
            icmp = (packet[0] & 15) * 4
            inner = icmp + 8 + (packet[icmp + 8] & 15) * 4
            port, _, sequence = _quoted.unpack_from(packet, inner)
            number = (port - FIRST_PORT - self._start) % PORTS
            if sequence in self._isn[number::PORTS]:
                seen[f"icmp 3/{packet[icmp + 1]}"] += 1

    def flags(self) -> Counter[str]:
        """How often each combination of flags came as the first reply."""
        return Counter(flag_letters(flags) for flags in self._flags.values())


def resets(loss: float) -> int:
    """How many RSTs leave at most LEFT_HALF_OPEN of the probes half open, if ``loss`` is all on the way there."""
    if loss <= 0:
        return FEWEST_RESETS
    if loss >= 1:
        return MOST_RESETS
    return min(max(math.ceil(math.log(LEFT_HALF_OPEN) / math.log(loss)), FEWEST_RESETS), MOST_RESETS)


def reply_tests(ends: Ends) -> list[Test]:
    """TCP from the target's port to one of our ports."""
    return [
        (LOAD_WORD, 12, EQUALS, address_word(ends.target)),
        (LOAD_HALF_X, 0, EQUALS, ends.port),
        (LOAD_HALF_X, 2, AT_LEAST, FIRST_PORT),
    ]


def error_tests(target: str) -> list[Test]:
    """ICMP destination unreachable (type 3) about TCP that was sent to the target."""
    return [
        (LOAD_BYTE_X, 0, EQUALS, 3),
        (LOAD_BYTE_X, 8 + 9, EQUALS, socket.IPPROTO_TCP),
        (LOAD_WORD_X, 8 + 16, EQUALS, address_word(target)),
    ]

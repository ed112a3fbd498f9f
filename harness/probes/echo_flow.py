"""ICMP echo requests on the wire, numbered by id and sequence number and marked by a random token."""

from __future__ import annotations

import random
import socket
import struct

from droplab.harness.probes.packets import EchoPatcher, address_word
from droplab.harness.probes.raw_sockets import EQUALS, LOAD_BYTE_X, LOAD_WORD, Test

TOKEN_BYTES = 8
SEQUENCES = 1 << 16

_reply = struct.Struct("!HH")


class EchoFlow:
    """Sends echo requests of ``size`` bytes of payload and recognises the replies to just these."""

    def __init__(self, sender: socket.socket, target: str, size: int, seed: int | None) -> None:
        self._sender = sender
        self._address = (target, 0)
        dice = random.Random(seed)
        self._token = dice.randbytes(min(size, TOKEN_BYTES))
        self._echo = EchoPatcher(self._token + bytes(size - len(self._token)))
        self._ident = dice.randrange(SEQUENCES)

    def send(self, number: int) -> None:
        """The next echo request."""
        ident = (self._ident + number // SEQUENCES) % SEQUENCES
        self._sender.sendto(self._echo.patch(ident, number % SEQUENCES), self._address)

    def match(self, packet: bytes, sent: int) -> int:
        """An echo reply with our id, sequence number and token."""
        icmp = (packet[0] & 15) * 4
        ident, sequence = _reply.unpack_from(packet, icmp + 4)
        number: int = (ident - self._ident) % SEQUENCES * SEQUENCES + sequence
        return number if number < sent and packet.startswith(self._token, icmp + 8) else -1

    def forget(self, first: int, end: int, loss: float) -> None:
        """Nothing: an echo leaves no trace in the server."""


def reply_tests(target: str) -> list[Test]:
    """ICMP echo replies (type 0) from the target."""
    return [(LOAD_WORD, 12, EQUALS, address_word(target)), (LOAD_BYTE_X, 0, EQUALS, 0)]

"""DNS queries and what is read of their answers (RFC 1035, section 4)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

QTYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "ANY": 255}
RCODES = {0: "ok", 1: "format_error", 2: "servfail", 3: "nxdomain", 4: "not_implemented", 5: "refused"}
CLASS_IN = 1
RECURSION_DESIRED, RESPONSE, TRUNCATED = 0x0100, 0x8000, 0x0200
LONGEST_LABEL, LONGEST_NAME = 63, 253
POINTER = 0xC0  # the first two bits of a compressed name's last part (section 4.1.4)

_header = struct.Struct("!6H")
_question = struct.Struct("!HH")
_record = struct.Struct("!HHIH")


@dataclass(frozen=True)
class Answer:
    """What a response says."""

    rcode: str
    truncated: bool
    records: tuple[str, ...]
    """The records of the type asked for, as text where it is an address, else in hexadecimal."""


class Malformed(ValueError):
    """The bytes are no DNS message, or not the answer to this query."""


def encode_name(name: str) -> bytes:
    """Labels with their lengths. Raises ValueError."""
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")] if name.strip(".") else []
    if any(not 1 <= len(label) <= LONGEST_LABEL for label in labels) or len(name) > LONGEST_NAME:
        raise ValueError(f"a name has labels of 1 to {LONGEST_LABEL} characters, {LONGEST_NAME} in all, got {name!r}")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def query(number: int, name: str, qtype: str) -> bytes:
    """A query with recursion desired, as a stub resolver sends it."""
    head = _header.pack(number, RECURSION_DESIRED, 1, 0, 0, 0)
    return head + encode_name(name) + _question.pack(QTYPES[qtype], CLASS_IN)


def read_answer(packet: bytes, asked: bytes) -> Answer:
    """The answer to ``asked``. Raises Malformed for anything else."""
    try:
        number, flags, questions, answers, _, _ = _header.unpack_from(packet)
        if number != _header.unpack_from(asked)[0] or not flags & RESPONSE:
            raise Malformed("another number, or no response")
        question = asked[_header.size :]
        after = _header.size + (len(question) if questions else 0)
        if questions and packet[_header.size : after].lower() != question.lower():
            raise Malformed("another question")
        qtype = _question.unpack(question[-_question.size :])[0]
        records = tuple(_records(packet, after, answers, qtype))
    except (struct.error, IndexError) as error:
        raise Malformed(f"cut short: {error}") from None
    return Answer(RCODES.get(flags & 0xF, "error"), bool(flags & TRUNCATED), records)


def _records(packet: bytes, at: int, count: int, qtype: int) -> Iterator[str]:
    for _ in range(count):
        at = _after_name(packet, at)
        kind, _, _, length = _record.unpack_from(packet, at)
        at += _record.size
        data = packet[at : at + length]
        if len(data) < length:
            raise IndexError("a record is longer than the message")
        at += length
        if qtype in (kind, QTYPES["ANY"]):
            yield _text(kind, data)


def _after_name(packet: bytes, at: int) -> int:
    while (length := packet[at]) != 0:
        if length & POINTER == POINTER:
            return at + 2
        at += 1 + length
    return at + 1


def _text(kind: int, data: bytes) -> str:
    if kind == QTYPES["A"] and len(data) == 4:
        return socket.inet_ntop(socket.AF_INET, data)
    if kind == QTYPES["AAAA"] and len(data) == 16:
        return socket.inet_ntop(socket.AF_INET6, data)
    return data.hex()

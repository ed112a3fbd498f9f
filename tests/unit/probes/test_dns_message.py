from __future__ import annotations

import struct

import pytest

from droplab.harness.probes.dns_message import Answer, Malformed, encode_name, query, read_answer

ASKED = query(0x1234, "www.lab.test", "A")
NAME = b"\3www\3lab\4test\0"
POINTER = b"\xc0\x0c"


def response(*records: bytes, flags: int = 0x8180, number: int = 0x1234, question: bytes = ASKED[12:]) -> bytes:
    return struct.pack("!6H", number, flags, 1 if question else 0, len(records), 0, 0) + question + b"".join(records)


def record(kind: int, data: bytes, name: bytes = POINTER) -> bytes:
    return name + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


ADDRESS = record(1, bytes([198, 18, 53, 3]))


def test_a_query_as_a_stub_resolver_sends_it() -> None:
    assert bytes.fromhex("1234 0100 0001 0000 0000 0000") + NAME + bytes.fromhex("0001 0001") == ASKED


@pytest.mark.parametrize(("name", "encoded"), [("a.b", b"\1a\1b\0"), ("a.b.", b"\1a\1b\0"), (".", b"\0"), ("", b"\0")])
def test_names(name: str, encoded: bytes) -> None:
    assert encode_name(name) == encoded


@pytest.mark.parametrize("name", ["a..b", ".a", "x" * 64, ".".join(["x" * 60] * 5)])
def test_no_names(name: str) -> None:
    with pytest.raises(ValueError, match="a name has labels"):
        encode_name(name)


@pytest.mark.parametrize(
    ("packet", "answer"),
    [
        (response(ADDRESS), Answer("ok", False, ("198.18.53.3",))),
        (response(record(5, b"\1x\0"), record(1, bytes(4), b"\1x\0")), Answer("ok", False, ("0.0.0.0",))),
        (response(), Answer("ok", False, ())),
        (response(flags=0x8183), Answer("nxdomain", False, ())),
        (response(flags=0x8182), Answer("servfail", False, ())),
        (response(flags=0x8185), Answer("refused", False, ())),
        (response(flags=0x8189), Answer("error", False, ())),
        (response(flags=0x8380), Answer("ok", True, ())),
        (response(question=b"", flags=0x8181), Answer("format_error", False, ())),
        (response(ADDRESS, question=b"\3WWW\3lab\4test\0\0\1\0\1"), Answer("ok", False, ("198.18.53.3",))),
    ],
)
def test_answers(packet: bytes, answer: Answer) -> None:
    assert read_answer(packet, ASKED) == answer


def test_an_ipv6_address() -> None:
    asked = query(1, "www.lab.test", "AAAA")
    packet = response(record(28, bytes.fromhex("20010db8" + "00" * 11 + "08")), number=1, question=asked[12:])
    assert read_answer(packet, asked).records == ("2001:db8::8",)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        response(ADDRESS)[:11],
        response(ADDRESS)[:-1],
        response(ADDRESS, number=0x1235),
        response(ADDRESS, flags=0x0180),
        response(ADDRESS, question=b"\3xyz\3lab\4test\0\0\1\0\1"),
        response(b"\x3fshort"),
        struct.pack("!6H", 0x1234, 0x8180, 1, 9, 0, 0) + ASKED[12:] + ADDRESS,
    ],
)
def test_what_is_no_answer(packet: bytes) -> None:
    with pytest.raises(Malformed):
        read_answer(packet, ASKED)

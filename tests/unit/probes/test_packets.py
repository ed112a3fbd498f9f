from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP

from droplab.harness.probes.packets import (
    EchoPatcher,
    Ends,
    Options,
    TcpPatcher,
    describe_tcp,
    flag_letters,
    rst_template,
    syn_template,
)

ENDS = Ends("198.18.0.3", "198.18.0.2", 80)
PORTS = st.integers(0, 0xFFFF)
SEQUENCES = st.integers(0, 0xFFFFFFFF)


def rebuilt(packet: bytes) -> bytes:
    """The packet with checksums that scapy computed."""
    parsed = IP(packet)
    parsed.chksum = None
    parsed.payload.chksum = None
    return bytes(parsed)


@given(st.sampled_from(["hping", "linux"]), st.integers(0, 1460), PORTS, SEQUENCES)
def test_a_patched_syn_is_what_scapy_builds(options: Options, payload: int, port: int, sequence: int) -> None:
    packet = bytes(TcpPatcher(syn_template(ENDS, options, payload, 1500)).patch(port, sequence))
    assert rebuilt(packet)[20:] == packet[20:]
    tcp = IP(packet)[TCP]
    assert (tcp.sport, tcp.dport, tcp.seq, str(tcp.flags)) == (port, 80, sequence, "S")


@given(PORTS, SEQUENCES)
def test_a_patched_rst_is_what_scapy_builds(port: int, sequence: int) -> None:
    packet = bytes(TcpPatcher(rst_template(ENDS)).patch(port, sequence))
    assert rebuilt(packet)[20:] == packet[20:]
    assert str(IP(packet)[TCP].flags) == "R"


@given(st.binary(max_size=64), PORTS, PORTS)
def test_a_patched_echo_request_is_what_scapy_builds(payload: bytes, ident: int, sequence: int) -> None:
    packet = bytes(EchoPatcher(payload).patch(ident, sequence))
    assert packet == bytes(ICMP(type=8, id=ident, seq=sequence) / payload)


@pytest.mark.parametrize(("options", "header"), [("hping", 40), ("linux", 60)])
def test_headers_are_as_long_as_those_of_hping_and_linux(options: Options, header: int) -> None:
    assert len(syn_template(ENDS, options, 0, 1500)) == header


@pytest.mark.parametrize(("flags", "letters"), [(0x12, "SA"), (0x14, "RA"), (0x04, "R"), (0x02, "S"), (0, "none")])
def test_flags_are_written_as_hping_writes_them(flags: int, letters: str) -> None:
    assert flag_letters(flags) == letters


def test_a_reply_is_described() -> None:
    reply = bytes(IP(src="198.18.0.2") / TCP(flags="SA", options=[("MSS", 256), ("NOP", None)]))
    words, mss = describe_tcp(reply)
    assert mss == 256
    assert "SA" in words
    assert describe_tcp(bytes(IP() / TCP(flags="RA")))[1] is None

"""Where one user is mapped, becoming another is pretended, and nothing else is different."""

from __future__ import annotations

import struct

import pytest

from droplab.harness.runtime.seccomp import ARCHITECTURES, RET_ALLOW, RET_ERRNO, filter_program


def verdict(program: bytes, machine: str, number: int) -> int:
    """What the filter says to a system call whose arguments are 0: its few kinds of steps, carried out."""
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    loaded = {0: number, 4: ARCHITECTURES[machine].audit, 16: 0}
    at = word = 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == 0x20:
            word = loaded[value]
        elif code == 0x06:
            return int(value)
        else:
            holds = {0x15: word == value, 0x35: word >= value, 0x45: bool(word & value)}[code]
            at += if_true if holds else if_false


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_identity_calls_are_pretended_only_for_one_user(machine: str) -> None:
    usual, alone = filter_program(machine), filter_program(machine, one_user=True)
    for number in ARCHITECTURES[machine].identity.values():
        assert verdict(usual, machine, number) == RET_ALLOW
        assert verdict(alone, machine, number) == RET_ERRNO
    for number in set(range(500)) - set(ARCHITECTURES[machine].identity.values()):
        assert verdict(usual, machine, number) == verdict(alone, machine, number)
    refused = ARCHITECTURES[machine].refused["mount"]
    assert verdict(alone, machine, refused) == RET_ERRNO | 1

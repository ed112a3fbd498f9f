"""A filter of system calls for everything inside a node: what would reach past its namespaces is refused with EPERM.

Classic BPF over struct seccomp_data (seccomp(2)). It follows docker's default profile where that denies calls for want
of a capability that nodes do not have.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from droplab.harness.runtime.namespaces import prctl

PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
RET_ALLOW = 0x7FFF0000
RET_ERRNO = 0x00050000

LOAD_WORD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
"""Offsets in struct seccomp_data; the low half of the first argument, on a little-endian machine."""

X32_BIT = 0x40000000
NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""

CLONE3 = 435
"""Its flags lie in memory, which a filter cannot read; libc then falls back to clone."""

SAME_EVERYWHERE: Mapping[str, int] = MappingProxyType({
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442, "quotactl_fd": 443,
    "open_tree_attr": 467,
})  # fmt: skip


@dataclass(frozen=True)
class Architecture:
    """A machine's system calls: AUDIT_ARCH, the number of clone, and the numbers that are refused."""

    audit: int
    clone: int
    refused: Mapping[str, int]
    identity: Mapping[str, int]
    """To become another user or to give files away: pretended where there is no other user."""


ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType({
    "x86_64": Architecture(0xC000003E, 56, {
        "pivot_root": 155, "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167,
        "swapoff": 168, "reboot": 169, "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176,
        "quotactl": 179, "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
        "unshare": 272, "perf_event_open": 298, "name_to_handle_at": 303, "open_by_handle_at": 304,
        "clock_adjtime": 305, "setns": 308, "finit_module": 313, "kexec_file_load": 320, "bpf": 321,
        "userfaultfd": 323, "syslog": 103,
    }, {
        "chown": 92, "fchown": 93, "lchown": 94, "setuid": 105, "setgid": 106, "setreuid": 113, "setregid": 114,
        "setgroups": 116, "setresuid": 117, "setresgid": 119, "setfsuid": 122, "setfsgid": 123, "fchownat": 260,
    }),
    "aarch64": Architecture(0xC00000B7, 220, {
        "umount2": 39, "mount": 40, "pivot_root": 41, "quotactl": 60, "acct": 89, "unshare": 97, "kexec_load": 104,
        "init_module": 105, "delete_module": 106, "clock_settime": 112, "syslog": 116, "reboot": 142,
        "settimeofday": 170, "add_key": 217, "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225,
        "perf_event_open": 241, "name_to_handle_at": 264, "open_by_handle_at": 265, "clock_adjtime": 266,
        "setns": 268, "finit_module": 273, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
    }, {
        "fchownat": 54, "fchown": 55, "setregid": 143, "setgid": 144, "setreuid": 145, "setuid": 146,
        "setresuid": 147, "setresgid": 149, "setfsuid": 151, "setfsgid": 152, "setgroups": 159,
    }),
})  # fmt: skip


def supported() -> bool:
    """Whether this machine's system calls are known here."""
    return os.uname().machine in ARCHITECTURES


def filter_program(machine: str, *, one_user: bool = False) -> bytes:
    """The filter for ``machine`` as an array of struct sock_filter.

    With ``one_user`` a server that gives up its root, or a tcpdump, is told that it did: it would not start otherwise.
    """
    architecture = ARCHITECTURES[machine]
    refuse, unknown, pretend = RET_ERRNO | errno.EPERM, RET_ERRNO | errno.ENOSYS, RET_ERRNO
    pretended = sorted(architecture.identity.values()) if one_user else []
    numbers = sorted({*architecture.refused.values(), *SAME_EVERYWHERE.values()})
    program = [
        _step(LOAD_WORD, ARCHITECTURE),
        _step(JUMP_EQUAL, architecture.audit, 1, 0),
        _step(RETURN, refuse),
        _step(LOAD_WORD, NUMBER),
        *_answer(JUMP_GREATER_EQUAL, X32_BIT, refuse),
        *_answer(JUMP_EQUAL, CLONE3, unknown),
        *(step for number in numbers for step in _answer(JUMP_EQUAL, number, refuse)),
        *(step for number in pretended for step in _answer(JUMP_EQUAL, number, pretend)),
        _step(JUMP_EQUAL, architecture.clone, 0, 3),
        _step(LOAD_WORD, FIRST_ARGUMENT),
        *_answer(JUMP_ANY_BIT, NEW_NAMESPACES, refuse),
        _step(RETURN, RET_ALLOW),
    ]
    return b"".join(program)


def _answer(comparison: int, value: int, verdict: int) -> Iterable[bytes]:
    """``verdict`` when the comparison holds, else go on."""
    return _step(comparison, value, 0, 1), _step(RETURN, verdict)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


class SockFprog(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install(program: bytes) -> None:
    """Put the calling thread and all that descends from it under the filter, for good. Needs no_new_privs."""
    packed = SockFprog(len(program) // 8, program)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(packed))

"""What root may do inside a node: seven capabilities, nothing gained by any program, no way into other namespaces."""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from dataclasses import dataclass
from pathlib import Path

from droplab.harness.runtime import seccomp
from droplab.harness.runtime.namespaces import checked, libc, prctl
from droplab.harness.runtime.rootless import is_rootless

PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITY_VERSION_3 = 0x20080522

CAPABILITIES = {"CHOWN": 0, "DAC_OVERRIDE": 1, "KILL": 5, "SETGID": 6, "SETUID": 7, "NET_ADMIN": 12, "NET_RAW": 13}
"""For nginx's workers, kill, tcpdump -w and reading nginx's logs; the same set as in a container."""

OPEN_FILES = (1024, 524288)


@dataclass(frozen=True)
class Privileges:
    """The rights of a node's processes, worked out before a fork so that little is left to do after it."""

    dropped: tuple[int, ...]
    filter: bytes | None

    @classmethod
    def of_nodes(cls) -> Privileges:
        """What every node of this machine has. Without a known table of system calls there is no filter."""
        last = int(_read_first_line("/proc/sys/kernel/cap_last_cap"))
        kept = CAPABILITIES.values()
        machine, one_user = os.uname().machine, is_rootless()
        program = seccomp.filter_program(machine, one_user=one_user) if seccomp.supported() else None
        return cls(tuple(number for number in range(last + 1) if number not in kept), program)

    def confine(self) -> None:
        """Give up everything else, for good, for the calling process and all that it will start."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        limit = OPEN_FILES[1] if hard == resource.RLIM_INFINITY else min(OPEN_FILES[1], hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES[0], limit), limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for number in self.dropped:
            prctl(PR_CAPBSET_DROP, number)
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
        _set_capabilities()
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if self.filter is not None:
            seccomp.install(self.filter)


def _set_capabilities() -> None:
    kept = sum(1 << number for number in CAPABILITIES.values())
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    sets = struct.pack("=6I", kept, kept, 0, 0, 0, 0)
    checked(libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(sets)), "capset")


def _read_first_line(path: str) -> str:
    with Path(path).open(encoding="ascii") as file:
        return file.readline()

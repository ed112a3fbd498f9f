"""Which process a PID means: the kernel gives a PID again, but never with the same start time."""

from __future__ import annotations

import errno
import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path

from droplab.harness.errors import NodeLost

ENDS_WITHIN_S = 5.0
NO_PROCESS = frozenset({errno.ESRCH, errno.ENOENT, errno.EINVAL})
"""What pidfd_open(2) says to a PID that nobody has, or that a thread has now (ENOENT; EINVAL before Linux 6.9)."""


@dataclass(frozen=True)
class ProcessIdentity:
    """A process: ``began`` is its start in clock ticks since boot (proc(5), field 22 of stat)."""

    pid: int
    began: int

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity:
        """The process that has this PID now. Raises NodeLost when there is none."""
        began = _began(pid)
        if began is None:
            raise NodeLost(f"process {pid} is gone")
        return cls(pid, began)

    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return _began(self.pid) == self.began

    def open(self) -> int:
        """A pidfd of this very process, for the caller to close. Raises NodeLost when it is gone."""
        try:
            pidfd = os.pidfd_open(self.pid)
        except OSError as error:
            if error.errno not in NO_PROCESS:
                raise
            raise NodeLost(f"process {self.pid} is gone") from None
        if not self.alive():
            os.close(pidfd)
            raise NodeLost(f"process {self.pid} is gone")
        return pidfd

    def end(self) -> None:
        """Kill it and wait until it has ended; it being gone is fine, and a stranger with its PID is left alone.

        So is the caller: a keeper that has become the clean command finds itself in the record of its lab.
        """
        if self.pid == os.getpid():
            return
        try:
            pidfd = self.open()
        except NodeLost:
            self._reap()
            return
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            select.select([pidfd], [], [], ENDS_WITHIN_S)
        except ProcessLookupError:
            pass
        finally:
            os.close(pidfd)
        self._reap()

    def _reap(self) -> None:
        """If it was a child of ours; it usually was not."""
        try:
            os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return


def _began(pid: int) -> int | None:
    try:
        # The command's name may hold spaces and brackets; what follows its last bracket does not.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])

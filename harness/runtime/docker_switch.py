"""The process that holds a docker lab's switch namespace, and with it the life of the lab.

Foreground: ``cat`` on a pipe of ours; our death, even by SIGKILL, is its end of file. Started: a shell in a session of
its own holds the locked run file and waits for the switch's ``sleep TTL``; when that ends, for whatever reason, or when
the starter dies before the lab stands, it lets go of the lock and becomes the clean command.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from droplab.harness.errors import MachineLacks
from droplab.harness.runtime.contract import Lifetime

FOREGROUND = ("unshare", "--net", "sh", "-c", "cd / && echo $$ && exec cat >/dev/null")

STARTED = """cd /
setpriv --pdeathsig KILL unshare --net sh -c 'echo $$ && exec sleep "$0" >/dev/null' "$1" 9<&- &
shift
exec >/dev/null
read -r begun && wait
exec 9<&- </dev/null
exec "$@"
"""
"""Standard input: a line once the lab stands. Standard output: the PID in the switch's namespace. 9: the lock."""
LOCK = 9


@dataclass
class SwitchHold:
    """A held switch namespace. ``pid`` is in it; ``keeper`` is our child, whose end is the end of the switch."""

    pid: int
    keeper: int
    lifeline: int

    def begun(self) -> None:
        """The lab stands: a started lab's keeper now waits for its end instead of ours."""
        os.write(self.lifeline, b"begun\n")
        os.close(self.lifeline)
        self.lifeline = -1

    def end(self) -> None:
        """Kill it and wait; idempotent. The kernel then takes the switch and its ports away."""
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1
        end_child(self.keeper)


def end_child(pid: int) -> None:
    """Kill and reap a child of ours; one that was reaped before is fine."""
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        return


def hold_switch(lifetime: Lifetime) -> SwitchHold:
    """Make a network namespace for a switch, and a process that keeps it as long as ``lifetime`` says."""
    if lifetime.ttl_s is None:
        argv: tuple[str, ...] = FOREGROUND
    else:
        argv = ("sh", "-c", STARTED, "droplab-holder", str(lifetime.ttl_s), *lifetime.at_end)
    control, lifeline = os.pipe()
    report, reported = os.pipe()
    try:
        keeper = _spawn(argv, control, reported, None if lifetime.ttl_s is None else lifetime.lock_fd)
    finally:
        os.close(control)
        os.close(reported)
    with os.fdopen(report) as lines:
        pid = lines.readline().strip()
    held = SwitchHold(int(pid or 0), keeper, lifeline)
    if not pid:
        held.end()
        raise MachineLacks(
            "cannot make a network namespace for the switch (unshare --net); droplab runs as root: use sudo"
        )
    return held


def _spawn(argv: tuple[str, ...], stdin: int, stdout: int, lock_fd: int | None) -> int:
    """Start ``argv`` in a session of its own, so that a terminal's Ctrl-C or hang-up does not reach it."""
    actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
        (os.POSIX_SPAWN_DUP2, stdin, 0),
        (os.POSIX_SPAWN_DUP2, stdout, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    if lock_fd is not None:
        actions.append((os.POSIX_SPAWN_DUP2, lock_fd, LOCK))
    return os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions, setsid=True)

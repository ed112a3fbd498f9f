"""An ordinary user as root of namespaces of its own, in which labs of namespaces run without sudo.

One user is mapped (user_namespaces(7)): 0 inside is that user outside, nobody else exists. Everything is born below one
PID namespace, so whatever ends this process ends the lab.
"""

from __future__ import annotations

import os
import signal
import stat
import tempfile
from pathlib import Path
from types import FrameType

from droplab.harness.errors import MachineLacks
from droplab.harness.runtime.namespaces import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    PR_SET_PDEATHSIG,
    mount,
    prctl,
    unshare,
)

CANNOT = (
    "without root only `droplab run` on netns: no started labs, docker, inject or host-wide faults, "
    "no limits of processes and memory, one user in a node (setuid and chown change nothing there)"
)
OWN = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
HANDED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TRIAL = ("unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--mount", "--mount-proc", "true")
"""A command that succeeds where ``become_root`` does."""


def is_rootless() -> bool:
    """Whether root is an ordinary user here: one whose user namespace maps that user alone."""
    return Path("/proc/self/uid_map").read_text().split()[2] == "1"


def become_root() -> None:
    """Go on in a child that is root of new namespaces; this process waits for it and ends as it ends.

    To be called before there are threads. Raises MachineLacks where ordinary users may not make namespaces.
    """
    user, group = os.geteuid(), os.getegid()
    os.environ.setdefault("DROPLAB_RUN_DIR", str(_run_folder(user)))
    try:
        unshare(OWN)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    except OSError as error:
        raise MachineLacks(
            f"this machine lets no ordinary user make namespaces ({error.strerror}): use sudo"
        ) from error
    child = os.fork()
    if child:
        os._exit(_stand_by(child))
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setpgid(0, 0)  # so that a terminal's Ctrl-C comes once, through the parent
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


def _run_folder(user: int) -> Path:
    """/run belongs to root; this is where the user's own run files go. Raises MachineLacks when it is a stranger's.

    What is written there is run again by the next clean, so nobody else may have made the folder.
    """
    path = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"droplab-{user}"
    path.mkdir(mode=0o700, exist_ok=True)
    seen = path.lstat()
    if seen.st_uid != user or not stat.S_ISDIR(seen.st_mode) or seen.st_mode & 0o077:
        raise MachineLacks(f"{path}: not a folder of yours alone; set DROPLAB_RUN_DIR to one")
    return path


def _stand_by(child: int) -> int:
    """Hand signals on, wait, and tell the exit status as a shell would."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    for number in HANDED_ON:
        signal.signal(number, hand_on)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status

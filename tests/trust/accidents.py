"""What happens to a run besides a kill of its harness: its init or a container dies, the disk is full."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from droplab.harness.engine.runfile import folder, last

from .fingerprint import Fingerprint, Ground
from .kill_sweep import clean_twice
from .tally import Tally, say
from .victim import DROPLAB, Victim

Live = Mapping[str, Any]
"""The record of a running lab, as its run file has it."""

FULL_KIB = (4, 8, 32, 64)
"""Sizes of a disk that is too small for the run file of a lab, in pages of 4 KiB."""


def lost_part(ground: Ground, before: Fingerprint, name: str, kill: Callable[[Live], None]) -> Tally:
    """Kill a part of a running lab, at several moments, and let the harness notice: it must end and undo by itself."""
    tally = Tally(name)
    for moment in ("healthy", "inject 2", "broken", "step 2"):
        say(f"{name}: in {moment}")
        with Victim(argv_of(ground)) as victim:
            if not _reach(victim, moment):
                tally.wrong.append(f"never in {moment}: {victim.said()[-300:]}")
                continue
            ground.remember()
            kill(dict(last(list(victim.records()), "live")))
            tally.phases[moment] += 1
            if victim.wait() not in (1, 4):
                tally.wrong.append(f"{moment}: exit status {victim.process.returncode}: {victim.said()[-500:]}")
            if "Traceback" in victim.said():
                tally.wrong.append(f"{moment}: {victim.said()[-800:]}")
        tally.wrong += clean_twice()
        tally.leftovers += ground.leftovers(before)
    return tally


def argv_of(ground: Ground) -> tuple[str, ...]:
    """A run of lab 48 on the ground's runtime."""
    return (*DROPLAB, "run", "48", "--runtime", "docker" if ground.docker else "netns", "--seed", "1")


def _reach(victim: Victim, phase: str) -> bool:
    while victim.process.poll() is None:
        if victim.phase() == phase:
            return True
        time.sleep(0.01)
    return False


def kill_init(live: Live) -> None:
    """SIGKILL for the lab's init."""
    os.kill(live["init"]["pid"], signal.SIGKILL)


def kill_node(live: Live) -> None:
    """SIGKILL for the init of the node nginx."""
    os.kill(live["nodes"]["nginx"]["pid"], signal.SIGKILL)


def remove_container(live: Live) -> None:
    """docker rm -f for the container of the node nginx."""
    subprocess.run(("docker", "rm", "-f", live["nodes"]["nginx"]["container"]), check=True, capture_output=True)


def full_disk(ground: Ground, argv: Sequence[str], name: str) -> Tally:
    """Runs whose run file does not fit: on a disk of a few pages, and cut within each record in turn.

    They are refused, or undone, in words, and nothing is left. The limit that cuts holds for the lab's own files too,
    so that a small one ends a lab by itself (exit status 1).
    """
    tally = Tally(name)
    for kib in FULL_KIB:
        say(f"{name}: a disk of {kib} KiB")
        with _small_disk(kib):
            _one_full(Ground(folder(), ground.private, ground.docker), argv, f"{kib} KiB", tally)
    ends = _record_ends(argv)
    for begin, end in pairwise([0, *ends]):
        say(f"{name}: full at byte {(begin + end) // 2} of {ends[-1]}")
        _one_full(ground, ("prlimit", f"--fsize={(begin + end) // 2}", *argv), "cut", tally)
    return tally


def _one_full(ground: Ground, argv: Sequence[str], what: str, tally: Tally) -> None:
    before = ground.fingerprint()
    with Victim(argv) as victim:
        status = victim.wait()
        tally.phases[f"{what}: exit status {status}"] += 1
        if status not in (0, 1, 3) or "Traceback" in victim.said():
            tally.wrong.append(f"{what}: exit status {status}: {victim.said()[-800:]}")
    tally.wrong += clean_twice()
    tally.leftovers += ground.leftovers(before)


def _record_ends(argv: Sequence[str]) -> list[int]:
    """Where the records of a whole run end in its file, in bytes."""
    content = b""
    with Victim(argv) as victim:
        while victim.process.poll() is None:
            for path in folder().glob("*.jsonl"):
                with suppress(FileNotFoundError):
                    content = max(content, path.read_bytes(), key=len)
            time.sleep(0.01)
    return list(accumulate(len(line) for line in content.splitlines(keepends=True)))


@contextmanager
def _small_disk(kib: int) -> Iterator[Path]:
    """A tmpfs of so many KiB as the run folder."""
    here, small = folder(), folder().with_name("small")
    small.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", small), check=True)
    os.environ["DROPLAB_RUN_DIR"] = str(small)
    try:
        yield small
    finally:
        os.environ["DROPLAB_RUN_DIR"] = str(here)
        subprocess.run(("umount", small), check=True)
        small.rmdir()

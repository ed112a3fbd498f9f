"""The run file: one file per run in /run/droplab, the only place that says what is ours and what must be undone.

A run that holds its file's lock is alive. /run is a tmpfs: a reboot empties it, as it empties rules and sysctls, so
nothing is ever replayed after a reboot. Each record is one line and one write(2); a torn last line counts as never
written.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from droplab.harness.errors import MachineLacks

Record = dict[str, Any]

KILL_AFTER = "DROPLAB_KILL_AFTER"
"""For tests only: SIGKILL for the process that began a run, after so many writes and applied commands of that run."""


def folder() -> Path:
    """Where run files live: DROPLAB_RUN_DIR, or /run/droplab."""
    return Path(os.environ.get("DROPLAB_RUN_DIR", "/run/droplab"))


def _made_folder() -> Path:
    path = folder()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise MachineLacks(f"{path}: cannot be made ({error.strerror}); droplab runs as root: use sudo") from error
    return path


@contextmanager
def exclusive() -> Iterator[None]:
    """The one short lock under which names are taken and host-wide changes are begun."""
    try:
        with (_made_folder() / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
    except PermissionError as error:
        raise MachineLacks(f"{folder()}: {error.strerror}; droplab runs as root: use sudo") from error


class RunFile:
    """The open, locked file of a run of ours."""

    def __init__(self, path: Path, fd: int, kill_after: int = 0) -> None:
        self.path = path
        self.fd = fd
        self.id = path.stem
        self._steps_left = kill_after
        self._intents = max((r["intent"] for r in read(path) if "intent" in r), default=0)

    @classmethod
    def create(cls, header: Mapping[str, Any]) -> RunFile:
        """A new file, locked before anybody can see it. ``header`` says state, lab, name, seed, runtime."""
        run_id = secrets.token_hex(4)
        hidden = _made_folder() / f"{run_id}.tmp"
        fd = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        run = cls(hidden.with_suffix(".jsonl"), fd, int(os.environ.get(KILL_AFTER, "0")))
        try:
            run.write({"schema": 1, "id": run_id, "pid": os.getpid(), "started": time.time(), **header})
        except MachineLacks:
            hidden.unlink()
            run.release()
            raise
        hidden.rename(run.path)
        return run

    @classmethod
    def adopt(cls, path: Path) -> RunFile | None:
        """Take over the file of a dead run; None while the run is alive or the file is gone."""
        try:
            fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(fd).st_ino == path.stat().st_ino:
                return cls(path, fd)
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(fd)
        return None

    def write(self, record: Mapping[str, Any]) -> None:
        """Append one record with one write(2). Raises MachineLacks when the disk is full."""
        _append(self.fd, self.path, record)
        self.step()

    def step(self) -> None:
        """A record is written, or a command of a change has run. Tests end the run here: see KILL_AFTER."""
        self._steps_left -= 1
        if self._steps_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def records(self) -> list[Record]:
        """Everything written so far."""
        return read(self.path)

    def intent(self, record: Mapping[str, Any]) -> int:
        """Write what is about to be changed; the number names it in ``done`` and ``settled``."""
        self._intents += 1
        self.write({"intent": self._intents, **record})
        return self._intents

    def done(self, number: int) -> None:
        """The change ``number`` was applied."""
        self.write({"done": number})

    def settled(self, number: int) -> None:
        """The change ``number`` is undone, or its target is gone.

        A full disk does not stop an undoing: who reads the file later looks again and finds nothing to undo.
        """
        with suppress(MachineLacks):
            self.write({"settled": number})

    def remove(self) -> None:
        """Unlink the file while it is locked, then let go of it; idempotent."""
        if self.fd >= 0:
            self.path.unlink(missing_ok=True)
            self.release()

    def release(self) -> None:
        """Let go of the lock without removing the file; a process that inherited the descriptor keeps it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def read(path: Path) -> list[Record]:
    """The whole records of a run file; a torn last line is left out."""
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    records = []
    for line in lines:
        try:
            records.append(json.loads(line))
        except ValueError:
            continue
    return records


def append(path: Path, record: Mapping[str, Any]) -> None:
    """Append a record to the file of a living run of another process (a hint that was given)."""
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    try:
        _append(fd, path, record)
    finally:
        os.close(fd)


def _append(fd: int, path: Path, record: Mapping[str, Any]) -> None:
    """One record on a line of its own, also after a line that a full disk tore."""
    line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
    size = os.fstat(fd).st_size
    if size and os.pread(fd, 1, size - 1) != b"\n":
        line = b"\n" + line
    try:
        if os.write(fd, line) == len(line):
            return
        reason = os.strerror(errno.ENOSPC)
    except OSError as error:
        reason = str(error.strerror)
    raise MachineLacks(f"{path}: cannot be written ({reason}); make room there, or set DROPLAB_RUN_DIR")


def unsettled(records: list[Record]) -> list[Record]:
    """The intents that are neither undone nor known to be gone, in the order they were made."""
    settled = {record["settled"] for record in records if "settled" in record}
    return [record for record in records if "intent" in record and record["intent"] not in settled]


def last(records: list[Record], key: str) -> Any:
    """The value of the newest record that has ``key``, or None."""
    return next((record[key] for record in reversed(records) if key in record), None)


@dataclass(frozen=True)
class Run:
    """A run as its file tells it."""

    path: Path
    records: list[Record]
    alive: bool

    @property
    def header(self) -> Record:
        """The first record."""
        return self.records[0]

    @property
    def id(self) -> str:
        """The run id."""
        return self.path.stem

    @property
    def state(self) -> str:
        """foreground, started or detached."""
        return str(last(self.records, "state"))


def runs() -> list[Run]:
    """Every run that has a file here, oldest first. Reads only."""
    found = []
    for path in folder().glob("*.jsonl"):
        records = read(path)
        if records:
            found.append(Run(path, records, _locked(path)))
    return sorted(found, key=lambda run: run.header.get("started", 0.0))


def _locked(path: Path) -> bool:
    try:
        with path.open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False

"""Commands in a container through docker's exec, confined as a student's shell is, with a limit of time."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from droplab.harness.contracts.node import Result
from droplab.harness.errors import NodeLost
from droplab.harness.runtime.bounded import Bounded
from droplab.harness.runtime.docker_daemon import heard
from droplab.harness.runtime.node import CANNOT_RUN, TIMED_OUT

if TYPE_CHECKING:
    from docker import APIClient

STDOUT, STDERR = 1, 2
SETTLES_WITHIN_S = 5.0
"""The daemon notes the exit status up to 2 s after the end, when a child in the background holds standard output."""


class Execution:
    """A command that runs in a container: its output so far, and its process as the host sees it."""

    def __init__(self, client: APIClient, container: str, argv: Sequence[str], *, tty: bool = False) -> None:
        self.tty = tty
        self.argv = tuple(argv)
        self._client = client
        self._began = time.monotonic()
        self._output = {STDOUT: Bounded(), STDERR: Bounded()}
        self._rest = b""
        self._ended = False
        with heard(f"exec in {container[:12]}"):
            self._id = client.exec_create(container, list(argv), tty=tty)["Id"]
            stream: Any = client.exec_start(self._id, socket=True, tty=tty)
            self._stream = stream
            self._socket: socket.socket = getattr(stream, "_sock", stream)
            self._socket.setblocking(False)
            self._take(_read_ahead(self._stream))

    def read(self, deadline: float) -> bool:
        """Take in output until the command has ended (True) or the ``deadline`` (monotonic) is over."""
        while not self._ended and self.read_some(deadline) and time.monotonic() < deadline:
            pass
        return self._ended

    def read_some(self, deadline: float) -> bool:
        """Wait for output, or for the end, until ``deadline``; whether there was any."""
        left = max(0.0, deadline - time.monotonic())
        if self._ended or not select.select([self._socket], [], [], left)[0]:
            return False
        with heard("reading from exec"):
            data = self._socket.recv(65536)
        self._ended = not data
        self._take(data)
        return bool(data)

    def read_until_quiet(self, quiet_s: float, within_s: float) -> None:
        """Take in output until none has come for ``quiet_s`` seconds, at most ``within_s``."""
        deadline = time.monotonic() + within_s
        while (now := time.monotonic()) < deadline and self.read_some(min(deadline, now + quiet_s)):
            pass

    def _take(self, data: bytes) -> None:
        """Frames of 8 bytes (stream, 3 zeros, length) and the payload; a broken frame waits for the rest of it."""
        if self.tty:
            self._output[STDOUT].add(data)
            return
        self._rest += data
        while len(self._rest) >= 8 and len(self._rest) >= (end := 8 + int.from_bytes(self._rest[4:8], "big")):
            self._output[STDERR if self._rest[0] == STDERR else STDOUT].add(self._rest[8:end])
            self._rest = self._rest[end:]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command and its children, as a terminal does. An ended command is left alone."""
        with heard("exec"):
            seen = self._client.exec_inspect(self._id)
        pid = seen["Pid"]
        if not seen["Running"] or not pid:
            return
        try:
            if os.getpgid(pid) == pid:
                os.killpg(pid, number)
            else:
                os.kill(pid, number)
        except ProcessLookupError:
            return

    def finish(self, timeout_s: float) -> Result:
        """Wait for the end, then the result. After ``timeout_s`` seconds the command is killed and reads as 124."""
        timed_out = not self.read(time.monotonic() + timeout_s)
        if timed_out:
            self.signal(signal.SIGKILL)
            self.read(time.monotonic() + SETTLES_WITHIN_S)
        stdout, stderr = self._output[STDOUT].text(), self._output[STDERR].text()
        returncode = TIMED_OUT if timed_out else self._exit_status()
        if returncode == CANNOT_RUN - 1 and stdout.startswith("OCI runtime exec failed"):
            returncode, stdout, stderr = CANNOT_RUN, "", stdout.strip()
        return Result(self.argv, returncode, stdout, stderr, time.monotonic() - self._began)

    def _exit_status(self) -> int:
        deadline = time.monotonic() + SETTLES_WITHIN_S
        while True:
            with heard("exec"):
                seen = self._client.exec_inspect(self._id)
            if seen["ExitCode"] is not None and not seen["Running"]:
                return int(seen["ExitCode"])
            if time.monotonic() > deadline:
                raise NodeLost(f"exec of {self.argv[0]}: docker does not tell how it ended; is the container gone?")
            time.sleep(0.01)

    def close(self) -> None:
        """Let go of the stream."""
        self._socket.close()
        self._stream.close()


def _read_ahead(stream: Any) -> bytes:
    """What the HTTP client has read beyond the headers; the raw socket would never give it again."""
    buffered = getattr(getattr(getattr(getattr(stream, "_response", None), "raw", None), "_fp", None), "fp", None)
    return bytes(buffered.peek()) if buffered is not None else b""


@contextmanager
def executing(client: APIClient, container: str, argv: Sequence[str], *, tty: bool = False) -> Iterator[Execution]:
    """A command that runs in a container while the block does; killed if it still runs at its end."""
    execution = Execution(client, container, argv, tty=tty)
    try:
        yield execution
    finally:
        try:
            if not execution.read(time.monotonic()):
                execution.signal(signal.SIGKILL)
        finally:
            execution.close()

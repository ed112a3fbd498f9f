"""Running a tool where its definition says, once or for as long as traffic flows."""

from __future__ import annotations

import os
import platform
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from droplab.harness.contracts.node import Result
from droplab.harness.errors import MachineLacks
from droplab.harness.runtime.node import find_tool, tool_path
from droplab.harness.scoring.stage import Stage
from droplab.harness.scoring.tool import Tool

READY_WITHIN_S = 15.0
STEP_S = 0.02


class NotReady(MachineLacks):
    """A stream that never says it sees packets; ``tool`` is its name."""

    def __init__(self, tool: str, words: str) -> None:
        self.tool = tool
        super().__init__(words)


def lacking(tool: Tool) -> str | None:
    """Why this machine cannot run the tool, in doctor's words, or None."""
    if tool.kernel and not re.search(tool.kernel, platform.release()):
        return f"it needs a kernel /{tool.kernel}/ (this is {platform.release()})"
    for program in tool.needs:
        if find_tool(program) is None:
            return f"{program} is not installed" + (f": apt-get install {tool.package}" if tool.package else "")
    return None


def version(tool: Tool) -> str:
    """The first line of what its version command prints."""
    if not tool.version or lacking(tool):
        return ""
    done = subprocess.run(
        tool.version, capture_output=True, text=True, timeout=10, check=False, env={**os.environ, "PATH": tool_path()}
    )
    return next(iter((done.stdout + done.stderr).strip().splitlines()), "")


def once(tool: Tool, stage: Stage, node: str, out: Path) -> Result:
    """Run it to its end; one that takes longer than ``within_s`` is ended, which reads as exit status 124."""
    argv = stage.argv(tool, out)
    if node == "host":
        return _on_host(argv, tool.within_s)
    live = stage.nodes[node]
    if tool.place == "node":
        return live.exec(argv, timeout_s=tool.within_s)
    return live.run(argv, check=False, timeout_s=tool.within_s)


def _on_host(argv: tuple[str, ...], within_s: float) -> Result:
    began = time.monotonic()
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=within_s, check=False, errors="replace")
    except subprocess.TimeoutExpired as error:
        return Result(argv, 124, str(error.stdout or ""), str(error.stderr or ""), within_s)
    return Result(argv, done.returncode, done.stdout, done.stderr, time.monotonic() - began)


@contextmanager
def streaming(tool: Tool, stage: Stage, node: str, out: Path) -> Iterator[Callable[[], Result]]:
    """The tool is up and sees packets; the answer ends it (SIGINT) and tells what it printed.

    Raises NotReady.
    """
    argv = stage.argv(tool, out)
    enter = () if node == "host" else ("nsenter", f"--net=/proc/{stage.nodes[node].pid}/ns/net")
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        process = subprocess.Popen(
            (*enter, *argv),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": tool_path(), "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        began = time.monotonic()
        try:
            _await(tool, process, said.fileno())
            yield lambda: _ended(process, argv, said.fileno(), began)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _await(tool: Tool, process: subprocess.Popen[bytes], said: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not re.search(tool.ready or "", _text(said), re.MULTILINE):
        if process.poll() is not None or time.monotonic() > deadline:
            last = (_text(said).strip().splitlines() or ["it says nothing"])[-1]
            raise NotReady(tool.name, f"{tool.name} does not become ready (/{tool.ready}/): {last}")
        time.sleep(STEP_S)


def _ended(process: subprocess.Popen[bytes], argv: tuple[str, ...], said: int, began: float) -> Result:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        status = process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
    return Result(argv, status, _text(said), "", time.monotonic() - began)


def _text(said: int) -> str:
    """What was written so far, whoever's file position is where."""
    return os.pread(said, os.fstat(said).st_size, 0).decode(errors="replace")

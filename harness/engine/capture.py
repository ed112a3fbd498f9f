"""Packet captures of every node, one file for each node and phase."""

from __future__ import annotations

import re
import select
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from droplab.harness.errors import MachineLacks

if TYPE_CHECKING:
    from droplab.harness.runtime.contract import LiveNode

SNAPLEN = 256  # headers and the beginning of the request; a run sends some 10^5 packets
READY_S = 3.0


class Captures:
    """tcpdump on every interface of every node while the block runs; nothing when ``folder`` is None."""

    def __init__(self, folder: Path | None, name: str, nodes: Mapping[str, LiveNode]) -> None:
        self._folder = folder
        self._name = re.sub(r"\W+", "-", name).strip("-").lower()
        self._nodes = nodes if folder else {}
        self._running: list[subprocess.Popen[Any]] = []
        self.files: tuple[str, ...] = ()

    def __enter__(self) -> Captures:
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.files = tuple(f"{self._name}-{node}.pcap" for node in self._nodes)
            self._running = [
                self._start(node, file) for node, file in zip(self._nodes.values(), self.files, strict=True)
            ]
            for process in self._running:
                _await_ready(process)
        return self

    def _start(self, node: LiveNode, file: str) -> subprocess.Popen[Any]:
        assert self._folder is not None  # noqa: S101 (only called with a folder)
        argv = ["nsenter", f"--net=/proc/{node.pid}/ns/net", "tcpdump", "-U", "-n", "-Z", "root"]
        argv += ["-B", "16384", "--immediate-mode"]  # else what came just before the end is not in the file
        argv += ["-s", str(SNAPLEN), "-i", "any", "-w", str(self._folder / file), "not", "ip6"]
        try:
            return subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
        except FileNotFoundError as error:
            raise MachineLacks("tcpdump is missing: apt-get install tcpdump, or leave --pcap out") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running:
            process.send_signal(signal.SIGINT)
        for process in self._running:
            process.communicate(timeout=10)


def _await_ready(process: subprocess.Popen[Any]) -> None:
    """tcpdump says "listening on" when its socket is open."""
    if process.stderr and select.select([process.stderr], [], [], READY_S)[0]:
        process.stderr.readline()

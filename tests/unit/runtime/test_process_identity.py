"""A PID is a process only with its start time: whoever has the number now is left alone."""

from __future__ import annotations

import os
import subprocess
import threading

import pytest

from droplab.harness.errors import NodeLost
from droplab.harness.runtime.process_identity import ProcessIdentity


def test_a_process_is_known_ended_and_then_gone() -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    identity = ProcessIdentity.of(sleeper.pid)
    assert identity.alive()
    identity.end()
    assert not identity.alive()
    with pytest.raises(NodeLost):
        identity.open()
    sleeper.wait()


def test_a_stranger_with_the_same_pid_is_left_alone() -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        ProcessIdentity(stranger.pid, ProcessIdentity.of(stranger.pid).began - 1).end()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_pid_that_a_thread_has_now_is_gone() -> None:
    ready, done, number = threading.Event(), threading.Event(), []

    def stay() -> None:
        number.append(threading.get_native_id())
        ready.set()
        done.wait()

    thread = threading.Thread(target=stay)
    thread.start()
    ready.wait()
    try:
        identity = ProcessIdentity(number[0], 1)
        identity.end()
        with pytest.raises(NodeLost):
            identity.open()
    finally:
        done.set()
        thread.join()


def test_the_caller_does_not_end_itself() -> None:
    ProcessIdentity.of(os.getpid()).end()
    assert ProcessIdentity.of(os.getpid()).alive()

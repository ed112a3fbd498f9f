"""A person's terminal, lent to a pty: bytes both ways, window sizes, and the terminal as it was at the end."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager


def relay(person_in: int, person_out: int, pty: int, ended: int) -> None:
    """Carry bytes until ``ended`` (a pidfd) becomes readable or the person hangs up. ``pty`` is the master side."""
    with _raw(person_in), _window_follows(person_in, pty) as resized:
        sources = [person_in, pty, ended, resized]
        while True:
            ready = select.select(sources, [], [])[0]
            if resized in ready:
                os.read(resized, 512)
                _copy_size(person_in, pty)
            if pty in ready and not _carry(pty, person_out):
                sources.remove(pty)
            if person_in in ready and not _carry(person_in, pty):
                return
            if ended in ready and not (pty in sources and select.select([pty], [], [], 0)[0]):
                return


def _carry(source: int, target: int) -> bool:
    """Copy what there is; whether the source still gives."""
    try:
        data = os.read(source, 65536)
    except OSError:  # EIO: the other side of the pty has gone
        return False
    while data:
        data = data[os.write(target, data) :]
        if not data:
            return True
    return False


@contextmanager
def _raw(terminal: int) -> Iterator[None]:
    before = termios.tcgetattr(terminal)
    tty.setraw(terminal, termios.TCSADRAIN)  # what was typed ahead is not lost
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextmanager
def _window_follows(terminal: int, pty: int) -> Iterator[int]:
    """A descriptor that becomes readable when the window's size changes; the pty starts with the right one."""
    _copy_size(terminal, pty)
    told, tell = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    before_fd = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    before = signal.signal(signal.SIGWINCH, lambda *_: None)
    try:
        yield told
    finally:
        signal.signal(signal.SIGWINCH, before)
        signal.set_wakeup_fd(before_fd)
        os.close(told)
        os.close(tell)


def _copy_size(terminal: int, pty: int) -> None:
    size = fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(pty, termios.TIOCSWINSZ, size)

"""SIGINT, SIGTERM and SIGHUP end a run by tearing everything down, also when they come twice."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked the run to end. Not an Exception: nothing on the way may swallow it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)


@contextmanager
def interruptible(told_again: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Raise Interrupted at the first signal; later ones only call ``told_again``, so that no teardown is cut short.

    Outside of the main thread signals are left as they are.
    """
    seen = False

    def ending(number: int, _frame: FrameType | None) -> None:
        nonlocal seen
        if seen:
            told_again()
            return
        seen = True
        raise Interrupted(number)

    try:
        before = {number: signal.signal(number, ending) for number in ENDING}
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held() -> Iterator[None]:
    """Signals wait until the block is done; the first that came is delivered then."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

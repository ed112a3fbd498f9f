"""Work that goes on beside other work, in a thread that never keeps the process from ending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Aside(Generic[T]):
    """``work`` begins at once; ``result`` waits for it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._outcome: list[T] = []
        self._failure: list[BaseException] = []
        self._thread = threading.Thread(target=self._do, args=(work,), daemon=True)
        self._thread.start()

    def _do(self, work: Callable[[], T]) -> None:
        try:
            self._outcome.append(work())
        except BaseException as error:
            self._failure.append(error)

    def result(self) -> T:
        """What ``work`` returned, or what it raised."""
        self._thread.join()
        if self._failure:
            raise self._failure[0]
        return self._outcome[0]

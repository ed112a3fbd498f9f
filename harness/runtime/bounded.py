"""What a command printed, as far as anybody wants to keep it."""

from __future__ import annotations

MOST_BYTES = 4 << 20


class Bounded:
    """Collects the first MOST_BYTES and counts the rest: a command may print for ever."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        """More output."""
        self._kept += data[: MOST_BYTES - len(self._kept)]
        self.total += len(data)

    def text(self) -> str:
        """What was kept, with line ends as a file has them; a last line tells how much was not."""
        text = bytes(self._kept).decode(errors="replace").replace("\r\n", "\n")
        more = self.total - len(self._kept)
        return f"{text}\n[droplab: {more} bytes more were not kept]\n" if more else text

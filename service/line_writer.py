"""Writes lines in a thread of its own: whoever has something to say never waits for its reader."""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import Final

# A container's log may stand still while whoever takes it in is slow. So many lines are about a
# megabyte, and some ten seconds of a busy task.
LINES_KEPT: Final = 2000


class LineWriter:
    """Keeps `at_most` lines until the descriptor takes them, and loses those beyond.

    `lost` counts them, and what the descriptor failed to take. The thread starts with the first
    line, and ends with the process whatever it waits for: it holds no lock of Python's meanwhile.
    """

    def __init__(self, descriptor: int, *, at_most: int = LINES_KEPT) -> None:
        self._descriptor = descriptor
        self._at_most = at_most
        self._lines: deque[str] = deque()
        self._changed = threading.Condition()
        self._started = False
        self.lost = 0

    @property
    def has_room(self) -> bool:
        return len(self._lines) < self._at_most

    def write(self, line: str) -> None:
        """Does not wait."""
        with self._changed:
            if not self.has_room:
                self.lost += 1
                return
            self._lines.append(line)
            self._changed.notify_all()
            if not self._started:
                threading.Thread(target=self._work, name="lines", daemon=True).start()
                self._started = True

    def flush(self, *, seconds: float) -> None:
        """Waits until all is written, for so long at most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._lines, seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines)
                line = self._lines[0]
            try:
                write_whole(self._descriptor, f"{line}\n".encode())
                failed = 0
            except OSError:  # nobody is left to read, or no space: there is no place to say so
                failed = 1
            with self._changed:
                self.lost += failed
                self._lines.popleft()
                self._changed.notify_all()


def write_whole(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]

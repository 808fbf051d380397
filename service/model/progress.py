"""Says how far a long copy is: in place on a terminal, in a few plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

ON_TERMINAL_SECONDS = 0.2
PLAIN_SECONDS = 5.0


class Progress:
    """Call it with the bytes done and, where it is known, their total."""

    def __init__(
        self, label: str, stream: TextIO, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._label = label
        self._stream = stream
        self._clock = clock
        self._started = self._told = clock()
        self._terminal = stream.isatty()
        self._last: tuple[int, int | None] = (0, None)

    def __call__(self, done: int, total: int | None) -> None:
        self._last = (done, total)
        every = ON_TERMINAL_SECONDS if self._terminal else PLAIN_SECONDS
        if self._clock() - self._told >= every:
            self._tell(end="" if self._terminal else "\n")

    def finish(self) -> None:
        """The last state, whatever was told before."""
        self._tell(end="\n")

    def _tell(self, *, end: str) -> None:
        self._told = self._clock()
        start = "\r" if self._terminal else ""
        self._stream.write(f"{start}{self._line()}{end}")
        self._stream.flush()

    def _line(self) -> str:
        done, total = self._last
        seconds = max(self._clock() - self._started, 0.001)
        share = f" of {megabytes(total)} ({100 * done // max(total, 1)} %)" if total else ""
        return f"{self._label}: {megabytes(done)}{share}, {megabytes(int(done / seconds))}/s"


def megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"

"""Notices an engine that has work and makes no progress: it may be alive, and still be lost."""

from __future__ import annotations

import asyncio
from time import monotonic as now
from types import TracebackType
from typing import Self

MOMENT_SECONDS = 0.5


class ProgressWatch:
    """The engine is stalled when it was waited for, by whomever, for `stall_seconds` in all, and
    gave nobody anything meanwhile.

    Time in which a stream's own reader is slow does not count: then nobody waits for the engine.
    """

    def __init__(self, *, stall_seconds: float) -> None:
        self.stall_seconds = stall_seconds
        self._awaiting = 0
        self._awaited_since = 0.0
        self._awaited_seconds = 0.0  # before that, since it gave somebody something
        self._moved = asyncio.Event()

    def awaited(self) -> Self:
        """A context for while the engine owes somebody the next piece. Leaving it without an error
        is progress; a client that gives up is not, and who comes after it goes on waiting."""
        return self

    def __enter__(self) -> None:
        if not self._awaiting:
            self._awaited_since = now()
        self._awaiting += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._awaiting -= 1
        if kind is None:
            self._awaited_seconds, self._awaited_since = 0.0, now()
            self._moved.set()
        elif not self._awaiting:
            self._awaited_seconds += now() - self._awaited_since

    def suspect(self) -> None:
        """Somebody has found the engine to be stalled."""
        self._awaited_seconds = self.stall_seconds

    async def stalls(self) -> None:
        """Returns when the engine stalls."""
        while (left := self._seconds_left()) > 0:  # noqa: ASYNC110  # time passing is no event
            # A quarter at most, so that work which begins meanwhile is noticed in time; and at
            # least a moment, because it passes only while somebody waits.
            await asyncio.sleep(min(max(left, MOMENT_SECONDS), self.stall_seconds / 4))
        self._moved.clear()

    async def moves(self) -> None:
        """Returns when an engine that stalled moves again."""
        await self._moved.wait()

    def _seconds_left(self) -> float:
        awaited = now() - self._awaited_since if self._awaiting else 0.0
        return self.stall_seconds - self._awaited_seconds - awaited

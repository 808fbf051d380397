"""Who may use the engine now: as many as it has slots; a bounded number wait; the rest are refused.

The queue is here and not in the engine, because here a waiting request can be refused, expired or
cancelled.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from service.errors import Draining, QueueFull, QueueTimeout

FIRST_GUESS_SECONDS = 5.0  # how long a slot is held, until requests have shown it
SMOOTHING = 0.2  # weight of the newest observation in the moving average
RETRY_AFTER_AT_MOST = 60


class AdmissionGate:
    """Guarantees that at most `slots` run and `max_waiting` wait, first come first served."""

    def __init__(self, *, slots: int, max_waiting: int, max_wait_seconds: float) -> None:
        self.slots = slots
        self.running = 0
        self._max_waiting = max_waiting
        self._max_wait_seconds = max_wait_seconds
        self._queue: deque[asyncio.Future[None]] = deque()
        self._held_seconds = FIRST_GUESS_SECONDS
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def utilization_percent(self) -> float:
        """The load in percent of the slots; above 100 while requests wait."""
        return 100 * (self.running + self.waiting) / self.slots

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Holds a slot while the context is open.

        Raises Draining, QueueFull or QueueTimeout where none is to be had.
        """
        await self._enter()
        started = time.monotonic()
        try:
            yield
        finally:
            self._held_seconds += SMOOTHING * (time.monotonic() - started - self._held_seconds)
            self._leave()

    def close(self) -> None:
        """Refuses whoever comes from now on; what runs or waits goes on."""
        self._closed = True

    async def drained(self) -> None:
        """Returns when nothing runs and nothing waits."""
        await self._idle.wait()

    def retry_after_seconds(self) -> int:
        """When a slot should be free for one more, by the time requests held theirs of late."""
        expected = self._held_seconds * (self.waiting + 1) / self.slots
        return min(max(1, math.ceil(expected)), RETRY_AFTER_AT_MOST)

    async def _enter(self) -> None:
        if self._closed:
            raise Draining("This task is shutting down; send the request again.")
        if self.running < self.slots and not self._queue:
            self._take()
        elif self.waiting >= self._max_waiting:
            raise QueueFull(
                f"All {self.slots} slots are busy and {self.waiting} requests wait; try later.",
                retry_after_seconds=self.retry_after_seconds(),
            )
        else:
            await self._wait()

    def _take(self) -> None:
        self.running += 1
        self._idle.clear()

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                await turn
        except (TimeoutError, asyncio.CancelledError) as ended:
            if turn.done() and not turn.cancelled():
                self._leave()  # the slot came in the same moment
            if isinstance(ended, asyncio.CancelledError):
                raise
            raise QueueTimeout(
                f"No slot became free within {self._max_wait_seconds:g} seconds; try again later.",
                retry_after_seconds=self.retry_after_seconds(),
            ) from None
        finally:
            with suppress(ValueError):
                self._queue.remove(turn)
            self._idle_if_empty()

    def _leave(self) -> None:
        self.running -= 1
        while self._queue and self.running < self.slots:
            turn = self._queue.popleft()
            if not turn.done():
                self._take()
                turn.set_result(None)
        self._idle_if_empty()

    def _idle_if_empty(self) -> None:
        if not self.running and not self._queue:
            self._idle.set()

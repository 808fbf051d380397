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
from dataclasses import dataclass, field

from service.errors import Draining, QueueFull, QueueTimeout, QueueTooLong

FIRST_GUESS_SECONDS = 5.0  # how long a slot is held, until requests have shown it
SMOOTHING = 0.2  # weight of the newest observation in the moving average
RETRY_AFTER_AT_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a request takes of the engine: slots at the same time, and room for its prompt.

    `seconds` is how long its sender waits for all of it; None: as long as it takes.
    """

    slots: int = 1
    prompt_tokens: int = 0
    seconds: float | None = None


@dataclass(slots=True, eq=False)
class Hold:
    """Slots that somebody holds, `since` when. Their time is a measure of how long others will have
    to wait where the holder says so: whoever generates nothing holds them for a moment only.
    """

    slots: int
    since: float = field(default_factory=time.monotonic)
    counts: bool = False

    def seconds(self) -> float:
        return time.monotonic() - self.since


@dataclass(slots=True, eq=False)
class Turn:
    """A place in the queue; its future ends when the slots are the waiter's."""

    need: Need
    granted: asyncio.Future[None]


class AdmissionGate:
    """Guarantees that at most `slots` run, first come first served, and that at most `max_waiting`
    requests with `max_waiting_prompt_tokens` in all wait. One request may wait whatever its prompt.
    """

    def __init__(
        self,
        *,
        slots: int,
        max_waiting: int,
        max_waiting_prompt_tokens: int,
        max_wait_seconds: float,
    ) -> None:
        self.slots = slots
        self.running = 0
        self._max_waiting = max_waiting
        self._max_waiting_prompt_tokens = max_waiting_prompt_tokens
        self._max_wait_seconds = max_wait_seconds
        self._queue: deque[Turn] = deque()
        self._holds: set[Hold] = set()
        self._usual_seconds: float | None = None  # that slots are held, of late
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def waiting(self) -> int:
        """Requests that wait."""
        return len(self._queue)

    @property
    def waiting_prompt_tokens(self) -> int:
        return sum(turn.need.prompt_tokens for turn in self._queue)

    @property
    def utilization_percent(self) -> float:
        """Slots in use and wanted, in percent of those there are; above 100 while requests wait."""
        return 100 * (self.running + self._wanted_slots()) / self.slots

    @asynccontextmanager
    async def admitted(self, need: Need) -> AsyncIterator[Hold]:
        """Holds the slots while the context is open. The need must be within `slots`.

        Raises Draining, QueueFull, QueueTooLong or QueueTimeout where they are not to be had.
        """
        await self._enter(need)
        hold = Hold(need.slots)
        self._holds.add(hold)
        try:
            yield hold
        finally:
            self._holds.remove(hold)
            if hold.counts:
                self._measure(hold.seconds())
            self._leave(need)

    def close(self) -> None:
        """Refuses whoever comes from now on; what runs or waits goes on."""
        self._closed = True

    async def drained(self) -> None:
        """Returns when nothing runs and nothing waits."""
        await self._idle.wait()

    def retry_after_seconds(self) -> int:
        """When a slot should be free for one more, by the time requests held theirs of late."""
        return min(max(1, math.ceil(self._expected_wait(Need()))), RETRY_AFTER_AT_MOST)

    def _measure(self, held_seconds: float) -> None:
        usual = held_seconds if self._usual_seconds is None else self._usual_seconds
        self._usual_seconds = usual + SMOOTHING * (held_seconds - usual)

    async def _enter(self, need: Need) -> None:
        if self._closed:
            raise Draining("This task is shutting down; send the request again.")
        if not self._queue and self._fits(need):
            self._take(need)
            return
        self._check_room(need)
        self._check_wait(need)
        await self._wait(need)

    def _check_room(self, need: Need) -> None:
        tokens, most = self.waiting_prompt_tokens, self._max_waiting_prompt_tokens
        if self.waiting >= self._max_waiting:
            reason = f"{self.waiting} requests wait"
        elif self._queue and tokens + need.prompt_tokens > most:
            reason = (
                f"prompts of about {tokens} tokens wait, so that this one of about "
                f"{need.prompt_tokens} would exceed the {most} that may"
            )
        else:
            return
        raise QueueFull(
            f"All {self.slots} slots are busy and {reason}; try later.",
            retry_after_seconds=self.retry_after_seconds(),
        )

    def _check_wait(self, need: Need) -> None:
        """Who would wait in vain is told now, as far as the wait is known. One may always wait."""
        if self._usual_seconds is None:
            return
        expected = self._expected_wait(need)
        if need.seconds is not None and need.seconds < expected:
            why = f"this request's deadline is in {need.seconds:.3g}; try later, or allow more time"
        elif self._queue and self._max_wait_seconds < expected:
            why = f"none may be longer than {self._max_wait_seconds:g}; try later"
        else:
            return
        raise QueueTooLong(
            f"The wait is about {math.ceil(expected)} seconds, and {why}.",
            retry_after_seconds=self.retry_after_seconds(),
        )

    def _expected_wait(self, need: Need) -> float:
        """Seconds until the slots should be free, those ahead in the queue served first."""
        usual = FIRST_GUESS_SECONDS if self._usual_seconds is None else self._usual_seconds
        held = max(usual, self._held_seconds())
        return held * (self._wanted_slots() + need.slots) / self.slots

    def _held_seconds(self) -> float:
        """How long those that are held have been, on average. Where that is longer than usual, they
        may well be held as long again: what is known of them then is their age.
        """
        held = sum(hold.seconds() * hold.slots for hold in self._holds)
        return held / self.running if self.running else 0.0

    def _wanted_slots(self) -> int:
        return sum(turn.need.slots for turn in self._queue)

    def _fits(self, need: Need) -> bool:
        return self.running + need.slots <= self.slots

    def _take(self, need: Need) -> None:
        self.running += need.slots
        self._idle.clear()

    async def _wait(self, need: Need) -> None:
        turn = Turn(need, asyncio.get_running_loop().create_future())
        self._queue.append(turn)
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                await turn.granted
        except (TimeoutError, asyncio.CancelledError) as ended:
            with suppress(ValueError):
                self._queue.remove(turn)  # before the pause is told, which it is no part of
            if turn.granted.done() and not turn.granted.cancelled():
                self._leave(need)  # the slots came in the same moment
            if isinstance(ended, asyncio.CancelledError):
                raise
            raise QueueTimeout(
                f"No slot became free within {self._max_wait_seconds:g} seconds; try again later.",
                retry_after_seconds=self.retry_after_seconds(),
            ) from None
        finally:
            self._grant()  # who left may have been all that the next one waited for

    def _leave(self, need: Need) -> None:
        self.running -= need.slots
        self._grant()

    def _grant(self) -> None:
        """To whoever is first, as long as it fits: a large need is not overtaken by small ones."""
        while self._queue and (self._queue[0].granted.done() or self._fits(self._queue[0].need)):
            turn = self._queue.popleft()
            if not turn.granted.done():
                self._take(turn.need)
                turn.granted.set_result(None)
        if not self.running and not self._queue:
            self._idle.set()

"""Keeps a silent stream alive, on either transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

# The load balancer cuts a connection that is silent for its idle timeout, other proxies often
# after a minute. Pings of HTTP/2 end at the load balancer (waypoint#3621): only data counts.
SILENCE_SECONDS = 15.0
# What waits for a slot in vain is refused at the end of the longest wait, with a status of its own
# and the pause to make, which only a stream that has not begun can have. So much later it has been.
# The load balancer allows this silence, as it allows a whole answer's; somebody else's proxy on the
# way may have less patience.
REFUSAL_SECONDS = 1.0


def silent_at_most(longest_wait_seconds: float) -> float:
    """Seconds of a stream without a beginning, where a request waits so long for a slot."""
    return longest_wait_seconds + REFUSAL_SECONDS


def silence_seconds() -> float:
    return SILENCE_SECONDS


class Heartbeat:
    """Beats after every silence of so many seconds, while the context is open, and not after it.

    A beat that fails is the last one, and what it raised is raised by the next `put_off`. It is for
    one use.
    """

    def __init__(
        self,
        beat: Callable[[], Coroutine[Any, Any, None]],
        *,
        every_seconds: Callable[[], float] = silence_seconds,
    ) -> None:
        self._beat = beat
        self._every_seconds = every_seconds

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._beating: asyncio.Task[None] | None = None
        self._is_over = False
        self._listen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        try:
            if self._beating is not None:
                await asyncio.wait([self._beating])
        finally:
            # They have their owner, and it has us: such a ring of objects would wait for the
            # garbage collector, and while that looks no stream moves.
            del self._beat, self._every_seconds
            self._beating = None

    def stop(self) -> None:
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        if self._beating is not None:
            self._beating.cancel()

    def put_off(self) -> None:
        """Something is written: the silence begins anew."""
        if self._beating is not None and self._beating.done() and not self._beating.cancelled():
            self._beating.result()
        self._heard_at = self._loop.time()

    def _listen(self) -> None:
        left = self._heard_at + self._every_seconds() - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._listen)
        else:
            self._heard_at = self._loop.time()
            self._beating = self._loop.create_task(self._beat())
            self._beating.add_done_callback(self._after_beat)

    def _after_beat(self, beating: asyncio.Task[None]) -> None:
        # Asked in any case: else asyncio reports an error as forgotten, if nobody writes any more.
        has_failed = beating.cancelled() or beating.exception() is not None
        if not has_failed and not self._is_over:
            self._listen()

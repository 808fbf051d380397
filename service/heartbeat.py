"""Keeps a silent stream alive, on either transport."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

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

    A beat that fails is the last one, and what it raised is raised by the next `put_off`.
    """

    def __init__(
        self,
        beat: Callable[[], Awaitable[None]],
        *,
        every_seconds: Callable[[], float] = silence_seconds,
    ) -> None:
        self._beat = beat
        self._every_seconds = every_seconds

    async def __aenter__(self) -> Self:
        self._now = asyncio.get_running_loop().time
        self._heard_at = self._now()
        self._beating = asyncio.create_task(self._run())
        # Else one that failed when nobody wrote any more would be reported as forgotten.
        self._beating.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        await asyncio.wait([self._beating])

    def stop(self) -> None:
        self._beating.cancel()

    def put_off(self) -> None:
        """Something is written: the silence begins anew."""
        if self._beating.done() and not self._beating.cancelled():
            self._beating.result()
        self._heard_at = self._now()

    async def _run(self) -> None:
        while True:
            left = self._heard_at + self._every_seconds() - self._now()
            if left > 0:
                await asyncio.sleep(left)
            else:
                self._heard_at = self._now()
                await self._beat()

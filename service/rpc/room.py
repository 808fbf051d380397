"""Bounds what waits for clients: how many calls, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.errors import BodyTimeout, QueueFull


class Room:
    """Has so many `places`, each for `seconds` at most; None: for as long as nobody else needs it.

    Whoever comes when all are taken gets that of the one who came first. So a client that is quick
    never waits for those that are slow, whether they cannot help it or mean to be.
    """

    def __init__(self, *, places: int, seconds: float | None = None) -> None:
        self._places = places
        self._seconds = seconds
        self._taken: dict[asyncio.Timeout, None] = {}  # in the order in which they came

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Raises BodyTimeout or QueueFull in whom has lost its place."""
        lost = False
        try:
            async with asyncio.timeout(self._seconds) as place:
                self._make_room()
                self._taken[place] = None
                try:
                    yield
                finally:
                    lost = place not in self._taken
                    self._taken.pop(place, None)
        except TimeoutError:
            if lost:
                raise QueueFull(
                    "Too many calls wait here for their clients, and this one came first of them; "
                    "send it again."
                ) from None
            if self._seconds is None or not place.expired():
                raise
            raise BodyTimeout(limit_seconds=self._seconds) from None

    def _make_room(self) -> None:
        if len(self._taken) < self._places:
            return
        first = next(iter(self._taken))
        del self._taken[first]
        if not first.expired():
            first.reschedule(asyncio.get_running_loop().time())

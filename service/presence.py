"""Whether the engine is there, for those who are about to ask it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from service.engine.formats import BACK_SECONDS
from service.errors import EngineUnavailable
from service.health import Health

# Between an engine's end and its supervisor's learning of it; that took milliseconds.
NOTICED_SECONDS: Final = 1.0


class Presence:
    """Follows what health says of the engine."""

    def __init__(self, health: Health) -> None:
        self._here = asyncio.Event()
        self._gone = asyncio.Event()
        health.watch(lambda _: self._note(health.engine_ready))

    async def returned(self, *, within_seconds: float) -> None:
        """An engine that restarts costs its requests some seconds, and not their answer. Raises
        EngineUnavailable."""
        if self._here.is_set():
            return
        try:
            async with asyncio.timeout(within_seconds):
                await self._here.wait()
        except TimeoutError:
            raise EngineUnavailable(
                "The model is not ready; try again later.", retry_after_seconds=BACK_SECONDS
            ) from None

    async def missed(self) -> None:
        """Somebody has not found it, or lost it. Returns when everybody knows: until then all that
        comes to those who wait is the same loss."""
        with suppress(TimeoutError):
            async with asyncio.timeout(NOTICED_SECONDS):
                await self._gone.wait()

    def _note(self, here: bool) -> None:
        now, before = (self._here, self._gone) if here else (self._gone, self._here)
        before.clear()
        now.set()

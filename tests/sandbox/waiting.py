"""Waiting for what another process does, without holding up the loop of this one."""

import asyncio
from collections.abc import Callable

from sandbox.processes import wait_until

LONG_SECONDS = 90
"""For what takes a second on a machine that has nothing else to do."""


async def until(done: Callable[[], bool]) -> None:
    assert await asyncio.to_thread(wait_until, done, seconds=LONG_SECONDS)

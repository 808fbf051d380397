"""Waiting for what another process does, without holding up the loop of this one."""

import asyncio
from collections.abc import Callable

from sandbox.processes import wait_until


async def until(done: Callable[[], bool], *, seconds: float = 90) -> None:
    assert await asyncio.to_thread(wait_until, done, seconds=seconds)

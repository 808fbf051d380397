"""Runs programs beside a task whose output nobody wants: health checks, the docker client."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ..processes import die_with_parent


def argv(command: Sequence[str]) -> list[str]:
    """What a health check's command runs: `CMD` a program, `CMD-SHELL` a line of the shell."""
    kind, *words = command
    return ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words


async def succeeds(words: Sequence[str], *, seconds: float, **where: Any) -> bool:
    """Whether it ends well, and in time."""
    try:
        async with asyncio.timeout(seconds):
            return await status_of(words, **where) == 0
    except TimeoutError:
        return False


async def status_of(words: Sequence[str], **where: Any) -> int:
    """Its exit status; who stops waiting ends it."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=die_with_parent,
        **where,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

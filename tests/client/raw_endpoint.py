"""A server of bytes, for what no HTTP library would send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Answer = Callable[[Reader, Writer], Awaitable[None]]
GONE = (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError)


@asynccontextmanager
async def raw_endpoint(answer: Answer) -> AsyncIterator[str]:
    """Its host and port. The answer's end closes its connection."""
    handlers: set[asyncio.Task[None]] = set()

    async def connected(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task
        handlers.add(task)
        with suppress(*GONE):
            await answer(reader, writer)
        writer.close()
        with suppress(*GONE):
            await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers)

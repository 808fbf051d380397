"""A server that gives one body in the ways that a network gives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class Storage:
    """Each request takes the next of `faults`: a status, 'short', 'stall', or None for the body."""

    def __init__(self, body: bytes, *faults: int | str | None) -> None:
        self.body = body
        self.faults = list(faults)
        self.stalled = asyncio.Event()
        self.ends = asyncio.Event()
        self.requests = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return web.Response(status=fault)
        response = web.StreamResponse(headers={"Content-Length": str(len(self.body))})
        await response.prepare(request)
        if fault is None:
            await response.write(self.body)
            return response
        await response.write(self.body[: len(self.body) // 2])
        if fault == "stall":
            self.stalled.set()
            await self.ends.wait()
        assert request.transport
        request.transport.close()
        return response


@asynccontextmanager
async def storage_at(storage: Storage) -> AsyncIterator[str]:
    """The address of the body."""
    app = web.Application()
    app.router.add_get("/{path:.*}", storage.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/model.gguf"
    finally:
        storage.ends.set()
        await runner.cleanup()

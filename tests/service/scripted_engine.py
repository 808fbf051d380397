"""An engine that says what a test tells it to, over the real protocol on a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Json = dict[str, Any]


class ScriptedEngine:
    """Streams `pieces` once `go` is set, `endless` more of them, or dies after `dies_after`."""

    def __init__(self) -> None:
        self.pieces = ["Hello", " world"]
        self.finish_reason = "stop"
        self.prompt_tokens = 5
        self.refusal: Json | None = None
        self.dies_after: int | None = None
        self.endless = False
        self.go = asyncio.Event()
        self.go.set()
        self.requests: list[Json] = []
        self.arrived = asyncio.Condition()
        self.left = asyncio.Event()
        self.written = 0
        self.open = 0
        self.most_open = 0

    async def wait_for_requests(self, count: int) -> None:
        async with self.arrived, asyncio.timeout(5):
            await self.arrived.wait_for(lambda: len(self.requests) >= count)

    @asynccontextmanager
    async def listening(self, socket_path: str) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        app.router.add_post("/v1/completions", self._answer)
        runner = web.AppRunner(app, handler_cancellation=True)
        await runner.setup()
        await web.UnixSite(runner, socket_path).start()
        try:
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        async with self.arrived:
            self.requests.append(await request.json())
            self.arrived.notify_all()
        if self.refusal is not None:
            return web.json_response({"error": self.refusal}, status=self.refusal["code"])
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            return await self._stream(request, chat=request.path.endswith("chat/completions"))
        except (asyncio.CancelledError, ConnectionResetError):
            self.left.set()
            raise
        finally:
            self.open -= 1

    async def _stream(self, request: web.Request, *, chat: bool) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await self._event(response, self._choice("", None, chat=chat) | {"prompt_progress": {}})
        await self.go.wait()
        for index, piece in enumerate(self.pieces):
            if index == self.dies_after:
                assert request.transport is not None
                request.transport.abort()
                return response
            await self._event(response, self._choice(piece, None, chat=chat))
        while self.endless:
            await self._event(response, self._choice("more", None, chat=chat))
            await asyncio.sleep(0.002)
        last = self._choice("", self.finish_reason, chat=chat)
        await self._event(response, last)
        await self._event(response, {"choices": [], "usage": self._usage()})
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _event(self, response: web.StreamResponse, event: Json) -> None:
        await response.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        self.written += 1

    def _choice(self, text: str, reason: str | None, *, chat: bool) -> Json:
        body: Json = {"delta": {"content": text}} if chat else {"text": text}
        return {"choices": [{"index": 0, "finish_reason": reason} | body]}

    def _usage(self) -> Json:
        generated = len(self.pieces)
        return {"prompt_tokens": self.prompt_tokens, "completion_tokens": generated}

"""An engine that says what a test tells it to, over the real protocol on a real socket."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.soon import SOON

Json = dict[str, Any]


class ScriptedEngine:
    """Streams `pieces` once `go` is set, `endless` more of them, or dies after `dies_after`.

    As many choices as were asked for, all alike; log probabilities where they were asked for; and
    `deltas` instead of the pieces where a chat is to have something other than content.
    """

    def __init__(self) -> None:
        self.pieces = ["Hello", " world"]
        self.deltas: list[Json] = []
        self.progress: Json = {}
        self.finish_reason = "stop"
        self.prompt_tokens = 5
        self.cached_tokens = 0
        self.refusal: Json | None = None
        self.answers: dict[str, Json] = {}  # to what generates nothing, by path
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
        async with self.arrived, asyncio.timeout(SOON):
            await self.arrived.wait_for(lambda: len(self.requests) >= count)

    @asynccontextmanager
    async def listening(self, socket_path: str) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        app.router.add_post("/v1/completions", self._answer)
        app.router.add_post("/{path:.*}", self._answer_at_once)
        runner = web.AppRunner(app, handler_cancellation=True)
        await runner.setup()
        await web.UnixSite(runner, socket_path).start()
        try:
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        async with self.arrived:
            body = await request.json()
            self.requests.append(body)
            self.arrived.notify_all()
        if self.refusal is not None:
            return web.json_response({"error": self.refusal}, status=self.refusal["code"])
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            return await self._stream(request, Speech(self, request.path, body))
        except (asyncio.CancelledError, ConnectionResetError):
            self.left.set()
            raise
        finally:
            self.open -= 1

    async def _answer_at_once(self, request: web.Request) -> web.Response:
        async with self.arrived:
            self.requests.append(await request.json())
            self.arrived.notify_all()
        await self.go.wait()
        if self.refusal is not None:
            return web.json_response({"error": self.refusal}, status=self.refusal["code"])
        return web.json_response(self.answers[request.path])

    async def _stream(self, request: web.Request, speech: Speech) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await self._event(response, speech.progress())
        await self.go.wait()
        for index, events in enumerate(speech.pieces()):
            if index == self.dies_after:
                assert request.transport is not None
                request.transport.abort()
                return response
            for event in events:
                await self._event(response, event)
        while self.endless:
            await self._event(response, speech.piece(0, "more"))
            await asyncio.sleep(0.002)
        for event in speech.ends():
            await self._event(response, event)
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _event(self, response: web.StreamResponse, event: Json) -> None:
        await response.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        self.written += 1


class Speech:
    """The events of one answer, as llama.cpp's server writes them."""

    def __init__(self, engine: ScriptedEngine, path: str, asked: Json) -> None:
        self._engine = engine
        self._chat = path.endswith("chat/completions")
        self._choices = range(asked.get("n", 1))
        self._alternatives: int | None = asked.get("n_probs")
        self._timed = asked.get("timings_per_token", False)
        self._spoken: Counter[int] = Counter()  # pieces, by choice

    def progress(self) -> Json:
        return self._choice(0, {"content": ""}) | {"prompt_progress": self._engine.progress}

    def pieces(self) -> Iterator[list[Json]]:
        """Each piece, of all choices."""
        if self._chat and self._engine.deltas:
            for delta in self._engine.deltas:
                yield [self._spoken_by(index, delta) for index in self._choices]
        else:
            for piece in self._engine.pieces:
                yield [self.piece(index, piece) for index in self._choices]

    def piece(self, index: int, text: str) -> Json:
        event = self._spoken_by(index, {"content": text})
        if self._alternatives is not None:
            event["choices"][0]["logprobs"] = {"content": [self._logprob(text)]}
        return event

    def _spoken_by(self, index: int, delta: Json) -> Json:
        self._spoken[index] += 1
        timings = {"timings": self._timings(index)} if self._timed else {}
        return self._choice(index, delta) | timings

    def ends(self) -> Iterator[Json]:
        """Of each choice; its usage comes with that, or after it in a chat."""
        for index in self._choices:
            end = self._choice(index, {}, self._engine.finish_reason)
            if self._chat:
                yield end
                yield {"choices": [], "usage": self._usage()}
            else:
                yield end | {"usage": self._usage()}

    def _choice(self, index: int, delta: Json, reason: str | None = None) -> Json:
        body: Json = {"delta": delta} if self._chat else {"text": delta.get("content", "")}
        return {"choices": [{"index": index, "finish_reason": reason} | body]}

    def _logprob(self, token: str) -> Json:
        told = {"id": 1, "token": token, "logprob": -0.5, "bytes": list(token.encode())}
        other = {"id": 2, "token": "other", "logprob": -1.5, "bytes": list(b"other")}
        return told | {"top_logprobs": [told, other][: self._alternatives]}

    def _timings(self, index: int) -> Json:
        cached = self._engine.cached_tokens
        read = {"cache_n": cached, "prompt_n": self._engine.prompt_tokens - cached}
        return read | {"predicted_n": self._spoken[index]}

    def _usage(self) -> Json:
        return {
            "prompt_tokens": self._engine.prompt_tokens,
            "completion_tokens": len(self._engine.pieces),
            "prompt_tokens_details": {"cached_tokens": self._engine.cached_tokens},
        }

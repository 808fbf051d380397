"""A client of one OpenAI-compatible engine: a generation request in, chunks out.

It always streams: closing the connection is how a generation is cancelled, and the engine notices
that within one batch on a stream, but not on a plain answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress

import orjson

from service.engine.capabilities import Capabilities
from service.engine.chunks import ChunkReader
from service.engine.connection import Answer, answer_to
from service.engine.formats import (
    count_of,
    count_question,
    encoded,
    engine_body,
    engine_lost,
    engine_silent,
    refusal,
)
from service.engine.progress import ProgressWatch
from service.errors import EngineUnavailable, ServiceError
from service.generation import Chunk, GenerationRequest, Json

HEALTH_SECONDS = 5
DATA = b"data: "
DONE = b"[DONE]"


class EngineClient:
    """Speaks to the engine on a Unix-domain socket."""

    def __init__(self, socket_path: str, watch: ProgressWatch) -> None:
        self._socket_path = socket_path
        self._watch = watch
        self.capabilities: Capabilities | None = None  # until the engine has told them

    async def is_healthy(self) -> bool:
        """Whether the engine has loaded its model and answers."""
        with suppress(EngineUnavailable, TimeoutError):
            async with asyncio.timeout(HEALTH_SECONDS), self._answer("GET", "/health") as answer:
                return answer.status == 200
        return False

    async def learn_capabilities(self) -> None:
        """Asks the engine what its model can do. Raises EngineUnavailable."""
        self.capabilities = Capabilities.of(
            await self._get("/props"), await self._get("/v1/models")
        )

    async def _get(self, path: str) -> Json:
        try:
            async with asyncio.timeout(HEALTH_SECONDS), self._answer("GET", path) as answer:
                document: Json = orjson.loads(await answer.body())
                return document
        except TimeoutError:
            raise engine_silent() from None

    @asynccontextmanager
    async def stream(self, request: GenerationRequest) -> AsyncIterator[AsyncIterator[Chunk]]:
        """Yields the chunks of the answer; leaving the context cancels what is not generated yet.

        Raises ContextLengthExceeded or InvalidRequest where the engine refuses the request, and
        EngineUnavailable where it dies on the way; EngineAbsent where it is not there at all.
        """
        path = "/v1/chat/completions" if request.is_chat else "/v1/completions"
        body = encoded(engine_body(request))
        async with self._answer("POST", path, body, watch=self._watch) as answer:
            if answer.status != 200:
                raise refusal_of(orjson.loads(await answer.body()), request)
            yield self._chunks(answer, request)

    async def count_tokens(self, request: GenerationRequest) -> int:
        """Of the prompt, as `stream` would have it read. Raises like it."""
        path, question = count_question(request)
        return count_of(await self.ask(path, question, param=request.prompt_param))

    async def ask(self, path: str, question: Json, *, param: str, works: bool = False) -> Json:
        """The engine's answer to what it generates nothing for. Raises like `stream`.

        Where the model `works` for it, it is waited for as for a generation. Else it comes from
        other threads, and tells nothing of whether that one moves; but silence is a bad sign.
        """
        watch, seconds = (self._watch, None) if works else (None, self._watch.stall_seconds)
        try:
            async with (
                asyncio.timeout(seconds),
                self._answer("POST", path, encoded(question), watch=watch) as answer,
            ):
                document: Json = orjson.loads(await answer.body())
        except TimeoutError:
            self._watch.suspect()
            raise engine_silent() from None
        if answer.status != 200:
            raise refusal(document, param=param)
        return document

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, body: bytes = b"", *, watch: ProgressWatch | None = None
    ) -> AsyncIterator[Answer]:
        """The engine's answer, of any status. `watch` is told of the wait for its beginning."""
        async with answer_to(method, path, body, socket_path=self._socket_path) as answer:
            with watch.awaited() if watch else nullcontext():
                await answer.begun()
            yield answer

    async def _chunks(self, answer: Answer, request: GenerationRequest) -> AsyncIterator[Chunk]:
        reader = ChunkReader(request)
        async for data in self._events(answer):
            event = orjson.loads(data)
            if event is None:
                continue  # progress of several prompts has no shape in this API
            if "error" in event:
                raise refusal_of(event, request)
            for chunk in reader.read(event):
                yield chunk
            if reader.finished:
                break  # who leaves the context then cancels what the engine goes on with
        yield reader.last()

    async def _events(self, answer: Answer) -> AsyncIterator[bytes]:
        """The data of server-sent events up to the last one, without which it raises."""
        rest = b""
        while True:
            with self._watch.awaited():
                piece = await answer.piece()
            if not piece:
                raise engine_lost()
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                if line == DATA + DONE:
                    return
                if line.startswith(DATA):
                    yield line[len(DATA) :]


def refusal_of(answer: Json, request: GenerationRequest) -> ServiceError:
    """Of a generation."""
    has_grammar = request.sampling.grammar is not None
    return refusal(answer, param=request.prompt_param, has_grammar=has_grammar)

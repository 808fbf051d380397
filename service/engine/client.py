"""A client of one OpenAI-compatible engine: a generation request in, chunks out.

It always streams: closing the connection is how a generation is cancelled, and the engine notices
that within one batch on a stream, but not on a plain answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import aiohttp
import orjson

from service.engine.capabilities import Capabilities
from service.engine.chunks import ChunkReader
from service.engine.formats import (
    count_of,
    count_question,
    encoded,
    engine_absent,
    engine_body,
    engine_lost,
    engine_silent,
    refusal,
)
from service.engine.progress import ProgressWatch
from service.errors import ServiceError
from service.generation import Chunk, GenerationRequest, Json

CONNECT_SECONDS = 5
HEALTH_SECONDS = 5
EVENT_BYTES_AT_MOST = 1 << 20
DONE = b"[DONE]"


class EngineClient:
    """Speaks to the engine on a Unix-domain socket. Start it inside a running event loop."""

    def __init__(self, socket_path: str, watch: ProgressWatch) -> None:
        # One connection per request: pooled ones fail over this socket (measured, 20 of 93).
        connector = aiohttp.UnixConnector(socket_path, limit=0, force_close=True)
        self._session = aiohttp.ClientSession(
            "http://engine",
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            read_bufsize=EVENT_BYTES_AT_MOST,
        )
        self._watch = watch
        self.capabilities: Capabilities | None = None  # until the engine has told them

    async def close(self) -> None:
        await self._session.close()

    async def is_healthy(self) -> bool:
        """Whether the engine has loaded its model and answers."""
        try:
            timeout = aiohttp.ClientTimeout(total=HEALTH_SECONDS)
            async with self._session.get("/health", timeout=timeout) as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError):
            return False

    async def learn_capabilities(self) -> None:
        """Asks the engine what its model can do. Raises EngineUnavailable."""
        self.capabilities = Capabilities.of(
            await self._get("/props"), await self._get("/v1/models")
        )

    async def _get(self, path: str) -> Json:
        timeout = aiohttp.ClientTimeout(total=HEALTH_SECONDS)
        try:
            async with self._session.get(path, timeout=timeout) as response:
                answer: Json = orjson.loads(await response.read())
                return answer
        except (aiohttp.ClientError, OSError) as lost:
            raise engine_lost() from lost

    @asynccontextmanager
    async def stream(self, request: GenerationRequest) -> AsyncIterator[AsyncIterator[Chunk]]:
        """Yields the chunks of the answer; leaving the context cancels what is not generated yet.

        Raises ContextLengthExceeded or InvalidRequest where the engine refuses the request, and
        EngineUnavailable where it dies on the way; EngineAbsent where it is not there at all.
        """
        path = "/v1/chat/completions" if request.is_chat else "/v1/completions"
        body = encoded(engine_body(request))
        async with self._post(path, body, watch=self._watch) as response:
            if response.status != 200:
                raise refusal_of(orjson.loads(await response.read()), request)
            yield self._chunks(response.content, request)

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
                self._post(path, encoded(question), watch=watch) as response,
            ):
                answer: Json = orjson.loads(await response.read())
        except TimeoutError:
            self._watch.suspect()
            raise engine_silent() from None
        if response.status != 200:
            raise refusal(answer, param=param)
        return answer

    @asynccontextmanager
    async def _post(
        self, path: str, body: bytes, *, watch: ProgressWatch | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The engine's answer, of any status. `watch` is told of the wait for its beginning."""
        posting = self._session.post(path, data=body)
        try:
            with watch.awaited() if watch else nullcontext():
                response = await posting.__aenter__()
            async with response:
                yield response
        except aiohttp.ClientConnectorError as absent:
            raise engine_absent() from absent
        except (aiohttp.ClientError, OSError) as lost:
            raise engine_lost() from lost

    async def _chunks(
        self, lines: aiohttp.StreamReader, request: GenerationRequest
    ) -> AsyncIterator[Chunk]:
        reader = ChunkReader(request)
        async for data in self._events(lines):
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

    async def _events(self, lines: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        """The data of server-sent events up to the last one, without which it raises."""
        while True:
            with self._watch.awaited():
                line = await lines.readline()
            if not line:
                raise engine_lost()
            if line.startswith(b"data: "):
                data = line[6:].strip()
                if data == DONE:
                    return
                yield data


def refusal_of(answer: Json, request: GenerationRequest) -> ServiceError:
    """Of a generation."""
    has_grammar = request.sampling.grammar is not None
    return refusal(answer, param=request.prompt_param, has_grammar=has_grammar)

"""REST, async."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import anyio
import httpx

from llm_on_ecs import rest_format
from llm_on_ecs.address import Address
from llm_on_ecs.answers import Chunk, Completion, Model
from llm_on_ecs.asking import Question
from llm_on_ecs.errors import ConnectionFailed, IncompleteStream
from llm_on_ecs.rest_failures import built, failures, trust
from llm_on_ecs.retries import Deadline


class AsyncRestTransport:
    """One try a call. Raises an LLMError."""

    def __init__(self, address: Address) -> None:
        self._http = httpx.AsyncClient(
            base_url=address.base_url,
            headers=address.authorization,
            verify=trust(address),
        )

    async def complete(self, question: Question, deadline: Deadline) -> Completion:
        request = rest_format.path(question), rest_format.body(question)
        return rest_format.completion(await self._whole("POST", *request, deadline=deadline))

    async def models(self, deadline: Deadline) -> list[Model]:
        content = await self._whole("GET", "/v1/models", None, deadline=deadline)
        return rest_format.models(content)

    async def chunks(self, question: Question, deadline: Deadline) -> AsyncGenerator[Chunk, None]:
        """Closing the generator closes the connection, and that cancels the generation."""
        request = rest_format.path(question), rest_format.body(question, stream=True)
        events = rest_format.Events()
        async with self._opened("POST", *request, deadline=deadline) as response:
            rest_format.check_stream(response.headers)
            parts = response.aiter_bytes()
            while data := await next_part(parts, deadline):
                for piece in events.chunks(data, request_id=response.headers.get("x-request-id")):
                    yield piece

    async def close(self) -> None:
        await self._http.aclose()

    async def _whole(
        self, method: str, path: str, body: rest_format.Json | None, *, deadline: Deadline
    ) -> bytes:
        async with self._opened(method, path, body, deadline=deadline) as response:
            return await read(response, deadline)

    @asynccontextmanager
    async def _opened(
        self, method: str, path: str, body: rest_format.Json | None, *, deadline: Deadline
    ) -> AsyncIterator[httpx.Response]:
        request = built(self._http, method, path, body, deadline=deadline)
        with failures(deadline), anyio.fail_after(deadline.remaining()):
            response = await self._http.send(request, stream=True)
        async with aclosing(response):
            if response.status_code != 200:
                content = await read(response, deadline)
                raise rest_format.refusal(response.status_code, response.headers, content)
            yield response


async def next_part(parts: AsyncIterator[bytes], deadline: Deadline) -> bytes:
    """Empty at the end of the stream. No limit may stay open over a generator's `yield`."""
    with failures(deadline), anyio.fail_after(deadline.remaining()):
        return await anext(parts, b"")


async def read(response: httpx.Response, deadline: Deadline) -> bytes:
    try:
        with failures(deadline), anyio.fail_after(deadline.remaining()):
            return await response.aread()
    except ConnectionFailed as error:
        raise IncompleteStream("The connection ended in the answer.", text="") from error

"""REST, async."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from types import TracebackType

import anyio
import httpx

from llm_on_ecs import rest_format
from llm_on_ecs.address import Address
from llm_on_ecs.answers import Chunk, Completion, Model
from llm_on_ecs.asking import Question
from llm_on_ecs.errors import ConnectionFailed, IncompleteStream
from llm_on_ecs.places import AsyncPlaces
from llm_on_ecs.rest_failures import LIMITS, built, failures, trust
from llm_on_ecs.retries import Call, Deadline


class AsyncRestTransport:
    """One try a call. Raises an LLMError."""

    def __init__(self, address: Address, places: AsyncPlaces) -> None:
        self._places = places
        self._http = httpx.AsyncClient(
            base_url=address.base_url,
            headers=address.headers,
            limits=LIMITS,
            verify=trust(address),
        )

    async def complete(self, question: Question, call: Call) -> Completion:
        request = rest_format.path(question), rest_format.body(question)
        return rest_format.completion(await self._whole("POST", *request, call=call))

    async def count(self, question: Question, call: Call) -> int:
        request = rest_format.count_path(question), rest_format.count_body(question)
        return rest_format.count(await self._whole("POST", *request, call=call))

    async def models(self, call: Call) -> list[Model]:
        content = await self._whole("GET", "/v1/models", None, call=call)
        return rest_format.models(content)

    async def chunks(self, question: Question, call: Call) -> AsyncGenerator[Chunk, None]:
        """Closing the generator closes the connection, and that cancels the generation."""
        request = rest_format.path(question), rest_format.body(question, stream=True)
        events = rest_format.Events()
        async with self._opened("POST", *request, call=call) as response:
            rest_format.check_stream(response.headers)
            parts = response.aiter_bytes()
            while data := await next_part(parts, call.deadline):
                for piece in events.chunks(data, request_id=response.headers.get("x-request-id")):
                    yield piece

    async def close(self) -> None:
        await self._http.aclose()

    async def _whole(
        self, method: str, path: str, body: rest_format.Json | None, *, call: Call
    ) -> bytes:
        async with self._opened(method, path, body, call=call) as response:
            return await read(response, call.deadline)

    def _opened(
        self, method: str, path: str, body: rest_format.Json | None, *, call: Call
    ) -> Opened:
        return Opened(self._http, self._places, (method, path, body), call)


class Opened:
    """A call's response with status 200, in its place among the calls; closed with the context.

    No generator, which a stream that is left open at the end of its loop could not close.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        places: AsyncPlaces,
        request: tuple[str, str, rest_format.Json | None],
        call: Call,
    ) -> None:
        self._http = http
        self._places = places
        self._request = request
        self._call = call

    async def __aenter__(self) -> httpx.Response:
        deadline = self._call.deadline
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._places.taken(deadline))
            request = built(self._http, *self._request, call=self._call)
            with failures(deadline), anyio.fail_after(deadline.remaining()):
                response = await self._http.send(request, stream=True)
            held.push_async_callback(response.aclose)
            if response.status_code != 200:
                content = await read(response, deadline)
                raise rest_format.refusal(response.status_code, response.headers, content)
            self._held = held.pop_all()
        return response

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._held.aclose()


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

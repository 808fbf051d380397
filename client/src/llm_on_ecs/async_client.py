"""The async client: client.py with `await`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, TypeVar

import anyio

from llm_on_ecs import address
from llm_on_ecs.answers import Chunk, Completion, Model
from llm_on_ecs.asking import (
    LIMIT,
    Message,
    Options,
    Question,
    TimeLimit,
    check_names,
    question,
    streamed,
)
from llm_on_ecs.conduct import (
    MAX_CONCURRENCY,
    MAX_RETRIES,
    TIMEOUT_SECONDS,
    Conduct,
    grpc_needed,
)
from llm_on_ecs.errors import LLMError
from llm_on_ecs.places import AsyncPlaces
from llm_on_ecs.received import Received
from llm_on_ecs.rest_async import AsyncRestTransport
from llm_on_ecs.retries import Attempts, Call

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

AnswerT = TypeVar("AnswerT")


class AsyncTransport(Protocol):
    """What REST and gRPC offer alike: one try each, ended by the deadline."""

    async def complete(self, question: Question, call: Call) -> Completion: ...
    def chunks(self, question: Question, call: Call) -> AsyncGenerator[Chunk, None]: ...
    async def count(self, question: Question, call: Call) -> int: ...
    async def models(self, call: Call) -> list[Model]: ...
    async def close(self) -> None: ...


class AsyncLLMClient:
    """LLMClient for asyncio: the same arguments, methods and errors.

    Cancelling a task that waits for an answer cancels the generation. It belongs to the event
    loop of its first call.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        transport: address.Transport | None = None,
        ca_file: str | None = None,
        gateway_api_key: str | None = None,
        timeout: float | None = TIMEOUT_SECONDS,
        max_retries: int = MAX_RETRIES,
        max_concurrency: int = MAX_CONCURRENCY,
    ) -> None:
        self._address = address.address(
            url,
            api_key=api_key,
            transport=transport,
            ca_file=ca_file,
            gateway_api_key=gateway_api_key,
        )
        self._conduct = Conduct(timeout, max_retries, max_concurrency)
        self._transport = connected(self._address, AsyncPlaces(max_concurrency))

    async def generate(self, prompt: str, **options: Unpack[Options]) -> Completion:
        """Continues the prompt."""
        return await self._complete(prompt, options)

    async def chat(self, messages: Sequence[Message], **options: Unpack[Options]) -> Completion:
        """The assistant's next message."""
        return await self._complete(messages, options)

    def stream(
        self, prompt: str | Sequence[Message], **options: Unpack[Options]
    ) -> AsyncTextStream:
        """The answer to a prompt or to messages, piece by piece. Leaving it early cancels it."""
        asked, attempts = streamed(prompt, options), self._conduct.attempts(options)
        return AsyncTextStream(lambda: self._transport.chunks(asked, attempts.call), attempts)

    async def count_tokens(
        self, prompt: str | Sequence[Message], **options: Unpack[Options]
    ) -> int:
        """How many tokens the prompt or the messages are, with what the model's chat template adds,
        and the `tools`; nothing is generated."""
        asked = question(prompt, options)
        return await retried(
            self._conduct.attempts(options), lambda call: self._transport.count(asked, call)
        )

    async def models(self, **limit: Unpack[TimeLimit]) -> list[Model]:
        """The models that a request may name."""
        check_names(limit.keys(), LIMIT)
        return await retried(self._conduct.attempts(limit), self._transport.models)

    async def close(self) -> None:
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncLLMClient({self._address!r})"

    async def _complete(self, prompt: str | Sequence[Message], options: Options) -> Completion:
        asked = question(prompt, options)
        return await retried(
            self._conduct.attempts(options), lambda call: self._transport.complete(asked, call)
        )


class AsyncTextStream(Received):
    """Iterates over the chunks of an answer. Closing it before its end cancels the generation."""

    def __init__(
        self, open_chunks: Callable[[], AsyncGenerator[Chunk, None]], attempts: Attempts
    ) -> None:
        super().__init__(attempts)
        self._open_chunks = open_chunks
        self._chunks = open_chunks()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Chunk:
        while True:
            try:
                return self._accept(await anext(self._chunks))
            except StopAsyncIteration:
                self._check_end()
                raise
            except LLMError as error:
                pause = self._pause_after(error)
            await anyio.sleep(pause)
            self._chunks = self._open_chunks()

    async def close(self) -> None:
        self._closed = True
        await self._chunks.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def connected(where: address.Address, places: AsyncPlaces) -> AsyncTransport:
    if where.transport == "rest":
        return AsyncRestTransport(where, places)
    with grpc_needed():
        from llm_on_ecs.rpc_async import AsyncRpcTransport
    return AsyncRpcTransport(where, places)


async def retried(attempts: Attempts, try_once: Callable[[Call], Awaitable[AnswerT]]) -> AnswerT:
    while True:
        try:
            return await try_once(attempts.call)
        except LLMError as error:
            pause = attempts.pause_after(error)
        await anyio.sleep(pause)

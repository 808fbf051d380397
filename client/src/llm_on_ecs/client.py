"""The blocking client."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, TypeVar

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
from llm_on_ecs.places import Places
from llm_on_ecs.received import Received
from llm_on_ecs.rest import RestTransport
from llm_on_ecs.retries import Attempts, Call

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

AnswerT = TypeVar("AnswerT")


class Transport(Protocol):
    """What REST and gRPC offer alike: one try each, ended by the deadline."""

    def complete(self, question: Question, call: Call) -> Completion: ...
    def chunks(self, question: Question, call: Call) -> Generator[Chunk, None, None]: ...
    def count(self, question: Question, call: Call) -> int: ...
    def models(self, call: Call) -> list[Model]: ...
    def close(self) -> None: ...


class LLMClient:
    """Asks one endpoint, over REST (`http://`, `https://`) or gRPC (`grpc://`, `grpcs://`).

    `transport` ("rest" or "grpc") overrides what the URL's scheme implies. `api_key` is by default
    the environment variable LLM_API_KEY; none is sent where there is none. `gateway_api_key` (or
    LLM_GATEWAY_API_KEY) is for an API Gateway that asks for a key of its own, in `x-api-key`; over
    REST only. `ca_file` is a PEM file of the authorities to trust instead of the usual ones.
    `timeout` bounds each call in seconds, its at most `max_retries` retries included; None waits
    for ever. At most `max_concurrency` calls and open streams are under way at once; others wait
    for their turn. Calls raise an LLMError.

    It may be shared by threads; a TextStream may not.
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
        self._transport = connected(self._address, Places(max_concurrency))

    def generate(self, prompt: str, **options: Unpack[Options]) -> Completion:
        """Continues the prompt."""
        return self._complete(prompt, options)

    def chat(self, messages: Sequence[Message], **options: Unpack[Options]) -> Completion:
        """The assistant's next message."""
        return self._complete(messages, options)

    def stream(self, prompt: str | Sequence[Message], **options: Unpack[Options]) -> TextStream:
        """The answer to a prompt or to messages, piece by piece. Leaving it early cancels it."""
        asked, attempts = streamed(prompt, options), self._conduct.attempts(options)
        return TextStream(lambda: self._transport.chunks(asked, attempts.call), attempts)

    def count_tokens(self, prompt: str | Sequence[Message], **options: Unpack[Options]) -> int:
        """How many tokens the prompt or the messages are, with what the model's chat template adds,
        and the `tools`; nothing is generated."""
        asked = question(prompt, options)
        return retried(
            self._conduct.attempts(options), lambda call: self._transport.count(asked, call)
        )

    def models(self, **limit: Unpack[TimeLimit]) -> list[Model]:
        """The models that a request may name."""
        check_names(limit.keys(), LIMIT)
        return retried(self._conduct.attempts(limit), self._transport.models)

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LLMClient({self._address!r})"

    def _complete(self, prompt: str | Sequence[Message], options: Options) -> Completion:
        asked = question(prompt, options)
        return retried(
            self._conduct.attempts(options), lambda call: self._transport.complete(asked, call)
        )


class TextStream(Received):
    """Iterates over the chunks of an answer. Closing it before its end cancels the generation."""

    def __init__(
        self, open_chunks: Callable[[], Generator[Chunk, None, None]], attempts: Attempts
    ) -> None:
        super().__init__(attempts)
        self._open_chunks = open_chunks
        self._chunks = open_chunks()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Chunk:
        while True:
            try:
                return self._accept(next(self._chunks))
            except StopIteration:
                self._check_end()
                raise
            except LLMError as error:
                pause = self._pause_after(error)
            time.sleep(pause)
            self._chunks = self._open_chunks()

    def close(self) -> None:
        self._closed = True
        self._chunks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def connected(where: address.Address, places: Places) -> Transport:
    if where.transport == "rest":
        return RestTransport(where, places)
    with grpc_needed():
        from llm_on_ecs.rpc import RpcTransport
    return RpcTransport(where, places)


def retried(attempts: Attempts, try_once: Callable[[Call], AnswerT]) -> AnswerT:
    while True:
        try:
            return try_once(attempts.call)
        except LLMError as error:
            pause = attempts.pause_after(error)
        time.sleep(pause)

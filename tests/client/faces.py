"""The blocking and the async client behind one face, so that one suite of cases asks both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from llm_on_ecs import AsyncLLMClient, Chunk, Completion, LLMClient, Message, Model, ToolCall
from llm_on_ecs.asking import Options

ENDED = Chunk("the end")


class Stream(Protocol):
    """A stream that is read step by step; `text` is what came."""

    @property
    def text(self) -> str: ...
    @property
    def tool_calls(self) -> tuple[ToolCall, ...]: ...
    async def next(self) -> Chunk: ...
    async def close(self) -> None: ...


class Face(Protocol):
    async def generate(self, prompt: str, **options: Any) -> Completion: ...
    async def chat(self, messages: list[Message], **options: Any) -> Completion: ...
    def stream(self, prompt: str | list[Message], **options: Any) -> Stream: ...
    async def count_tokens(self, prompt: str | list[Message], **options: Any) -> int: ...
    async def models(self, **limit: Any) -> list[Model]: ...


class BlockingStream:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return str(self._stream.text)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        found: tuple[ToolCall, ...] = self._stream.tool_calls
        return found

    async def next(self) -> Chunk:
        return await asyncio.to_thread(next, self._stream, ENDED)

    async def close(self) -> None:
        await asyncio.to_thread(self._stream.close)


class BlockingFace:
    """LLMClient, called in threads."""

    def __init__(self, client: LLMClient) -> None:
        self.client = client

    async def generate(self, prompt: str, **options: Any) -> Completion:
        return await asyncio.to_thread(self.client.generate, prompt, **options)

    async def chat(self, messages: list[Message], **options: Any) -> Completion:
        return await asyncio.to_thread(self.client.chat, messages, **options)

    def stream(self, prompt: str | list[Message], **options: Any) -> Stream:
        return BlockingStream(self.client.stream(prompt, **options))

    async def count_tokens(self, prompt: str | list[Message], **options: Any) -> int:
        return await asyncio.to_thread(self.client.count_tokens, prompt, **options)

    async def models(self, **limit: Any) -> list[Model]:
        return await asyncio.to_thread(self.client.models, **limit)


class AsyncStream:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return str(self._stream.text)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        found: tuple[ToolCall, ...] = self._stream.tool_calls
        return found

    async def next(self) -> Chunk:
        chunk: Chunk = await anext(self._stream, ENDED)
        return chunk

    async def close(self) -> None:
        await self._stream.close()


class AsyncFace:
    """AsyncLLMClient."""

    def __init__(self, client: AsyncLLMClient) -> None:
        self.client = client

    async def generate(self, prompt: str, **options: Any) -> Completion:
        return await self.client.generate(prompt, **options)

    async def chat(self, messages: list[Message], **options: Any) -> Completion:
        return await self.client.chat(messages, **options)

    def stream(self, prompt: str | list[Message], **options: Any) -> Stream:
        return AsyncStream(self.client.stream(prompt, **options))

    async def count_tokens(self, prompt: str | list[Message], **options: Any) -> int:
        return await self.client.count_tokens(prompt, **options)

    async def models(self, **limit: Any) -> list[Model]:
        return await self.client.models(**limit)


KINDS = ("blocking", "async")


@asynccontextmanager
async def face(kind: str, url: str, **arguments: Any) -> AsyncIterator[Face]:
    if kind == "async":
        async with AsyncLLMClient(url, **arguments) as client:
            yield AsyncFace(client)
    else:
        with LLMClient(url, **arguments) as blocking:
            yield BlockingFace(blocking)


async def read(stream: Stream) -> list[Chunk]:
    """All chunks to the end."""
    chunks: list[Chunk] = []
    while (chunk := await stream.next()) is not ENDED:
        chunks.append(chunk)
    return chunks


CHAT: list[Message] = [{"role": "user", "content": "Hi"}]
OPTIONS: Options = {"max_tokens": 8, "temperature": 0}

"""One streamed answer, asked by each way there is, and when its pieces came."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import grpc
import orjson

from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub

COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"
DATA = b"data: "
DONE = b"[DONE]"
SHOWN = 200  # characters of a refusal


class AskError(Exception):
    """No whole answer came. `kind` is what such failures are counted under."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(f"{kind}: {why}")
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Question:
    """`tokens` are to be generated, whatever the model would end at; `system` stands before."""

    text: str
    tokens: int
    system: str = ""


@dataclass(slots=True)
class Answer:
    """When the request was sent and each piece of text came, CLOCK_MONOTONIC in nanoseconds.

    The counts of tokens are the server's own `usage`; None where it told none.
    """

    sent: int = field(default_factory=time.monotonic_ns)
    received: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    prompt_tokens: int | None = None
    output_tokens: int | None = None

    def add(self, text: str) -> None:
        self.received.append(time.monotonic_ns())
        self.texts.append(text)


Ask = Callable[[Question], Awaitable[Answer]]
"""Raises AskError."""


@asynccontextmanager
async def over_http(
    url: str,
    *,
    connector: aiohttp.BaseConnector | None = None,
    path: str = COMPLETIONS,
    headers: Mapping[str, str] | None = None,
    **fields: object,
) -> AsyncIterator[Ask]:
    """Asks an OpenAI-compatible server, over kept connections unless a connector says else.

    `headers` and `fields` are sent with every request.
    """
    if path == CHAT:
        body_of, text_of = chat_body, chat_text
    else:
        body_of, text_of = completion_body, completion_text
    connector = connector or aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector, headers=headers) as session:

        async def ask(question: Question) -> Answer:
            body = orjson.dumps(body_of(question) | STREAMED | fields)
            answer = Answer()
            try:
                async with session.post(path, data=body, headers=JSON) as response:
                    if response.status != 200:
                        raise AskError(f"HTTP {response.status}", (await response.text())[:SHOWN])
                    await read(response, answer, text_of)
            except aiohttp.ClientError as error:
                raise AskError("broken connection", repr(error)) from error
            return answer

        yield ask


Event = dict[str, Any]
JSON = {"content-type": "application/json"}
STREAMED = {"stream": True, "stream_options": {"include_usage": True}, "ignore_eos": True}


def completion_body(question: Question) -> Event:
    return {"prompt": question.system + question.text, "max_tokens": question.tokens}


def chat_body(question: Question) -> Event:
    turns = [("system", question.system), ("user", question.text)]
    messages = [{"role": role, "content": content} for role, content in turns if content]
    return {"messages": messages, "max_tokens": question.tokens}


def completion_text(choice: Event) -> str | None:
    text: str | None = choice.get("text")
    return text


def chat_text(choice: Event) -> str | None:
    delta = choice.get("delta") or {}
    text: str | None = delta.get("content") or delta.get("reasoning_content")
    return text


async def read(
    response: aiohttp.ClientResponse, answer: Answer, text_of: Callable[[Event], str | None]
) -> None:
    """All events. Lines that begin otherwise are comments, sent while there is nothing to say."""
    async for line in response.content:
        if line.startswith(DATA):
            data = line.removeprefix(DATA).strip()
            if data == DONE:
                return
            note(answer, orjson.loads(data), text_of)
    raise AskError("broken stream", f"it ended without {DONE.decode()}")


def note(answer: Answer, event: Event, text_of: Callable[[Event], str | None]) -> None:
    if error := event.get("error"):
        raise AskError("error in the stream", str(error)[:SHOWN])
    for choice in event.get("choices", []):
        if text := text_of(choice):
            answer.add(text)
    if usage := event.get("usage"):
        answer.prompt_tokens, answer.output_tokens = (
            usage["prompt_tokens"],
            usage["completion_tokens"],
        )


@asynccontextmanager
async def over_grpc(port: int, **fields: Any) -> AsyncIterator[Ask]:
    """Asks the service on this machine. `fields` are sent with every request."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated

        async def ask(question: Question) -> Answer:
            request = pb.GenerateTextRequest(
                prompt=question.system + question.text,
                max_tokens=question.tokens,
                ignore_eos=True,
                **fields,
            )
            answer = Answer()
            try:
                async for message in stub.StreamGenerateText(request):
                    note_message(answer, message)
            except grpc.aio.AioRpcError as error:
                raise AskError(error.code().name, (error.details() or "")[:SHOWN]) from error
            return answer

        yield ask


def note_message(answer: Answer, message: pb.StreamGenerateTextResponse) -> None:
    if message.generated_text:
        answer.add(message.generated_text)
    if message.HasField("usage"):
        answer.prompt_tokens = message.usage.prompt_tokens
        answer.output_tokens = message.usage.completion_tokens

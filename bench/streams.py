"""One streamed answer, asked by each way there is, and when its pieces came."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import grpc
import orjson

from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub

PATH = "/v1/completions"
DATA = b"data: "
DONE = b"[DONE]"


@dataclass(slots=True)
class Arrivals:
    """When the request was sent and each piece of text came, CLOCK_MONOTONIC in nanoseconds."""

    sent: int = field(default_factory=time.monotonic_ns)
    received: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.received.append(time.monotonic_ns())
        self.texts.append(text)


Ask = Callable[[str, int], Awaitable[Arrivals]]


@asynccontextmanager
async def over_http(url: str, *, unix_socket: str | None = None) -> AsyncIterator[Ask]:
    """Asks the service, or the engine on its socket: a connection for each, as it has to be."""
    connector: aiohttp.BaseConnector = (
        aiohttp.UnixConnector(unix_socket, limit=0, force_close=True)
        if unix_socket
        else aiohttp.TCPConnector(limit=0)
    )
    async with aiohttp.ClientSession(url, connector=connector) as session:

        async def ask(prompt: str, tokens: int) -> Arrivals:
            body = {"prompt": prompt, "max_tokens": tokens, "stream": True, "ignore_eos": True}
            arrivals = Arrivals()
            async with session.post(PATH, data=orjson.dumps(body), headers=JSON) as response:
                response.raise_for_status()
                async for line in response.content:
                    # What comes while nothing is written is a comment, which begins otherwise.
                    data = line.removeprefix(DATA).strip()
                    if line.startswith(DATA) and data != DONE:
                        note(arrivals, orjson.loads(data))
            return arrivals

        yield ask


JSON = {"content-type": "application/json"}


def note(arrivals: Arrivals, event: dict[str, Any]) -> None:
    for choice in event["choices"]:
        if choice["text"]:
            arrivals.add(choice["text"])


@asynccontextmanager
async def over_grpc(port: int) -> AsyncIterator[Ask]:
    """Asks the service."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated

        async def ask(prompt: str, tokens: int) -> Arrivals:
            request = pb.GenerateTextRequest(prompt=prompt, max_tokens=tokens)
            arrivals = Arrivals()
            async for message in stub.StreamGenerateText(request):
                if message.generated_text:
                    arrivals.add(message.generated_text)
            return arrivals

        yield ask

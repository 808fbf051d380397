"""An HTTP connection of plain bytes, for what no HTTP library would send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from tests.service.conftest import KEY, Service
from tests.soon import SOON

BODY = b'{"prompt": "Hi"}'
LIVE = b"GET /health/live HTTP/1.1\r\nhost: x\r\n"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        error = self.body["error"]
        assert set(error) == {"message", "type", "param", "code"}
        return str(error["code"])


class Wire:
    """A connection of bytes. Whatever is awaited has to come soon."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> Answer:
        async with asyncio.timeout(SOON):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            pairs = (line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in pairs}
            body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(head[0].split()[1]), headers, json.loads(body) if body else None)

    async def end(self) -> bytes:
        """What else comes until the server has closed."""
        async with asyncio.timeout(SOON):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""


@asynccontextmanager
async def connected(service: Service) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.ports.http)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


def post(*headers: str, path: str = "/v1/completions", body: bytes | None = BODY) -> bytes:
    """A request with the right key; without a body, for a body or a length of the test's own."""
    length = [] if body is None else [f"content-length: {len(body)}"]
    lines = [f"authorization: Bearer {KEY}", "host: x", *length, *headers]
    head = "\r\n".join([f"POST {path} HTTP/1.1", *lines])
    return head.encode() + b"\r\n\r\n" + (body or b"")


def connections(service: Service) -> float | None:
    """The server's ends that are open."""
    return service.parts.metrics.registry.get_sample_value("llm_http_connections")

"""One question to the engine over HTTP on its socket, and the answer as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from httptools import HttpParserError, HttpResponseParser

from service.engine.formats import engine_absent, engine_lost

HELD_BYTES_AT_MOST = 1 << 20  # of an answer whose reader is slow
HEAD = (
    "%s %s HTTP/1.1\r\nhost: engine\r\nconnection: close\r\n"
    "content-type: application/json\r\ncontent-length: %d\r\n\r\n"
)


class Answer(asyncio.Protocol):
    """The answer to this question, which is asked as soon as there is a connection. Whoever awaits
    something of it gets EngineUnavailable where the connection ends before it is whole.
    """

    def __init__(self, question: bytes) -> None:
        self.status: int | None = None
        self._question = question
        self._pieces: list[bytes] = []  # of its body, unread
        self._held_bytes = 0
        self._is_whole = False
        self._is_lost = False
        self._waiter: asyncio.Future[None] | None = None

    async def begun(self) -> None:
        """Returns when its status is known."""
        while self.status is None:
            await self._more()

    async def piece(self) -> bytes:
        """What has come of its body since the last piece; nothing once that was all."""
        while not self._pieces and not self._is_whole:
            await self._more()
        if self._held_bytes > HELD_BYTES_AT_MOST and not self._is_lost:
            self._transport.resume_reading()
        piece = b"".join(self._pieces)
        self._pieces.clear()
        self._held_bytes = 0
        return piece

    async def body(self) -> bytes:
        """The whole of it."""
        body = bytearray()
        while piece := await self.piece():
            body += piece
        return bytes(body)

    async def _more(self) -> None:
        if self._is_lost:
            raise engine_lost()
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _tell(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # The transport's

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._parser = HttpResponseParser(self)
        transport.write(self._question)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._transport.abort()
        if self._held_bytes > HELD_BYTES_AT_MOST:
            self._transport.pause_reading()
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        del self._parser  # it has us: such a ring would wait for the garbage collector
        self._tell()

    # The parser's

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)
        self._held_bytes += len(body)

    def on_message_complete(self) -> None:
        self._is_whole = True


@asynccontextmanager
async def answer_to(
    method: str, path: str, body: bytes, *, socket_path: str
) -> AsyncIterator[Answer]:
    """The answer, of which nothing has come yet; leaving the context ends its connection.

    Each has its own: kept ones fail over this socket (measured, 20 of 93). Raises EngineAbsent.
    """
    answer = Answer((HEAD % (method, path, len(body))).encode() + body)
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_unix_connection(lambda: answer, socket_path)
    except OSError as absent:
        raise engine_absent() from absent
    try:
        yield answer
    finally:
        transport.abort()

"""A client of gRPC that sends of its calls what it is told to, whole or not, right or wrong."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

from tests.soon import SOON

Header = tuple[bytes, bytes]


def message(payload: bytes, *, announced: int | None = None) -> bytes:
    """A message in gRPC's frame: whole, or the beginning of one of `announced` bytes."""
    return struct.pack("!BI", 0, len(payload) if announced is None else announced) + payload


class RawCalls:
    """The calls of one connection, by the numbers of their streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        config = H2Configuration(header_encoding=None, validate_outbound_headers=False)
        self._http2 = H2Connection(config)
        self._http2.initiate_connection()
        self._heard = asyncio.Condition()
        self._ended: set[int] = set()
        self._headers: dict[int, dict[bytes, bytes]] = {}
        self.closed = False
        self._flush()

    async def begin(self, path: str, *, metadata: Sequence[Header] = ()) -> int:
        """A call of which the server has all but the message."""
        call = self._http2.get_next_available_stream_id()
        head = [
            (b":method", b"POST"),
            (b":scheme", b"http"),
            (b":path", path.encode()),
            (b":authority", b"x"),
            (b"te", b"trailers"),
            (b"content-type", b"application/grpc"),
        ]
        self._http2.send_headers(call, [*head, *metadata])
        await self._sent()
        return call

    async def send(self, call: int, data: bytes, *, end: bool = False) -> None:
        """As much as one frame has room for."""
        self._http2.send_data(call, data, end_stream=end)
        await self._sent()

    async def ended(self, call: int) -> dict[bytes, bytes]:
        """What the server said at the end of the call, in headers and trailers."""
        async with self._heard, asyncio.timeout(SOON):
            await self._heard.wait_for(lambda: call in self._ended or self.closed)
        return self._headers.get(call, {})

    async def answered(self, call: int) -> None:
        """Until an answer begins."""
        async with self._heard, asyncio.timeout(SOON):
            await self._heard.wait_for(lambda: call in self._headers)

    def window(self, call: int) -> int:
        """How many bytes the server would take now."""
        return self._http2.local_flow_control_window(call)

    def is_open(self, call: int) -> bool:
        return call not in self._ended

    async def listen(self) -> None:
        """Until the connection ends."""
        try:
            while data := await self._reader.read(65536):
                async with self._heard:
                    for event in self._http2.receive_data(data):
                        self._hear(event)
                    self._heard.notify_all()
                self._flush()
        except ConnectionResetError:
            pass
        async with self._heard:
            self.closed = True
            self._heard.notify_all()

    def _hear(self, event: Event) -> None:
        if isinstance(event, ResponseReceived | TrailersReceived):
            self._headers.setdefault(event.stream_id, {}).update(dict(event.headers))
        elif isinstance(event, StreamEnded | StreamReset):
            self._ended.add(event.stream_id)
        elif isinstance(event, ConnectionTerminated):
            self.closed = True

    async def _sent(self) -> None:
        self._flush()
        await self._writer.drain()

    def _flush(self) -> None:
        self._writer.write(self._http2.data_to_send())


@asynccontextmanager
async def raw_calls(port: int) -> AsyncIterator[RawCalls]:
    """A connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    calls = RawCalls(reader, writer)
    listening = asyncio.create_task(calls.listen())
    try:
        yield calls
    finally:
        listening.cancel()
        writer.close()

"""Server-sent events that keep their connection alive."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Send

# An error before the stream opens is a real HTTP status, so wait for the first token a while. Then
# open it: the headers, and a comment in every silence, keep the load balancer's idle timeout away.
OPEN_AFTER_SECONDS = 10.0
COMMENT_AFTER_SECONDS = 15.0

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # reverse proxies that buffer by default
]


class EventStream:
    """One response of events. Opens at the first event, or of itself after OPEN_AFTER_SECONDS."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._sent_at = 0.0
        self.opened = False

    async def __aenter__(self) -> Self:
        self._sent_at = asyncio.get_running_loop().time()
        self._heart = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._heart.cancel()

    async def event(self, data: bytes) -> None:
        await self._write(b"data: " + data + b"\n\n")

    async def close(self) -> None:
        """Ends the response; a stream that ends without this was cut."""
        self._heart.cancel()
        await self._open()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _beat(self) -> None:
        await asyncio.sleep(OPEN_AFTER_SECONDS)
        await self._open()
        while True:
            silence = asyncio.get_running_loop().time() - self._sent_at
            if silence >= COMMENT_AFTER_SECONDS:
                await self._write(b": still working\n\n")
            else:
                await asyncio.sleep(COMMENT_AFTER_SECONDS - silence)

    async def _open(self) -> None:
        if not self.opened:
            self.opened = True
            await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})

    async def _write(self, body: bytes) -> None:
        await self._open()
        self._sent_at = asyncio.get_running_loop().time()
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

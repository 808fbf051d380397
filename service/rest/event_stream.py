"""Server-sent events that keep their connection alive."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import NamedTuple, Self

from starlette.types import Send

from service.heartbeat import Heartbeat, silence_seconds, silent_at_most

# An error before the stream opens is a real HTTP status, so wait for the first token a while. Then
# open it: the headers, and a comment in every silence, keep the load balancer's idle timeout away.
OPEN_AFTER_SECONDS = 10.0

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # reverse proxies that buffer by default
]


COMMENT = b": still working\n\n"


class Event(NamedTuple):
    """One event: its data, in one line, and its type where the API names it."""

    data: bytes
    name: str | None = None

    def encoded(self) -> bytes:
        name = f"event: {self.name}\n".encode() if self.name else b""
        return name + b"data: " + self.data + b"\n\n"


class EventStream:
    """One response of events. Opens at the first event, or of itself: within OPEN_AFTER_SECONDS of
    when the engine `has_begun`, and in any case when nothing is refused any more, some time after
    `longest_wait_seconds`.

    `send` takes its beginning, and `send_body` all the rest. `heartbeat` is what is sent in a
    silence. `opened` says that the status is sent.
    """

    def __init__(
        self,
        send: Send,
        send_body: Send,
        *,
        longest_wait_seconds: float,
        heartbeat: bytes = COMMENT,
    ) -> None:
        self._send = send
        self._send_body = send_body
        self._heartbeat = heartbeat
        self._silent_at_most = silent_at_most(longest_wait_seconds)
        self._sending = asyncio.Lock()
        self._heart = Heartbeat(self._beat, every_seconds=self._patience)
        self.opened = False
        self.has_begun = False

    async def __aenter__(self) -> Self:
        self._entered = asyncio.get_running_loop().time()
        await self._heart.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._heart.__aexit__(kind, error, traceback)

    async def send(self, events: Iterable[Event]) -> None:
        """In one write."""
        if body := encoded(events):
            self._heart.put_off()
            await self._write(body)

    async def close(self, last: Iterable[Event] = ()) -> None:
        """Ends the response with these; a stream that ends without this was cut."""
        self._heart.stop()
        await self._write(encoded(last), last=True)

    async def _beat(self) -> None:
        if self.opened:
            if not self._sending.locked():  # else it is the reader who is silent
                await self._write(self._heartbeat)
        elif self.has_begun or self._silence_left() <= 0:
            async with self._sending:
                await self._open()

    def _patience(self) -> float:
        """Seconds from one beat to the next."""
        if self.opened:
            return silence_seconds()
        return min(OPEN_AFTER_SECONDS, max(0.0, self._silence_left()))

    def _silence_left(self) -> float:
        """Seconds in which it may still be refused."""
        return self._entered + self._silent_at_most - asyncio.get_running_loop().time()

    async def _write(self, body: bytes, *, last: bool = False) -> None:
        async with self._sending:
            await self._open()
            message = {"type": "http.response.body", "body": body, "more_body": not last}
            await self._send_body(message)

    async def _open(self) -> None:
        if not self.opened:
            await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            self.opened = True


def encoded(events: Iterable[Event]) -> bytes:
    return b"".join([event.encoded() for event in events])

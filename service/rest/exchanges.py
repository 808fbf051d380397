"""Between the application and a connection: how it sends, and who is taken to have left."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ClientStalled
from service.rest.http_refusals import BODY_REFUSED
from service.rest.protocol import LimitedProtocol

LEFT: Final[Message] = {"type": "http.disconnect"}
# Of the scope's state: sends a body's pieces past what has to do with a response's beginning only.
SEND_BODY: Final = "send_body"


class Exchanges:
    """A write that its client does not let through in time raises ClientStalled in the sender.

    Then, and whenever a response ends unfinished, the connection is reset: merely closed it would
    wait for a reader to take what is unsent.
    """

    def __init__(self, app: ASGIApp, *, stall_seconds: float) -> None:
        self._app = app
        self._stall_seconds = stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send, stall_seconds=self._stall_seconds)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            exchange.end()


class Exchange:
    """One request and its response.

    Whoever watches its client, once its body is here, takes one that sends no more for one that
    has left, as nginx, Go and hyper do: only a write would tell them apart, and the first one may
    be that of an answer which took minutes. What needs no watching is answered.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, stall_seconds: float) -> None:
        self._state = scope["state"]
        self._connection: LimitedProtocol = self._state["connection"]
        self._receive = receive
        self._send = send
        self._stall_seconds = stall_seconds
        self._has_body = False
        self._is_whole = True  # the response: unless it has begun, and not ended
        self._state[SEND_BODY] = self.send

    async def receive(self) -> Message:
        if self._has_left:
            return LEFT
        message = await self._receive()
        if self._has_left or BODY_REFUSED in self._state:
            return LEFT
        self._has_body = not message.get("more_body")
        return message

    @property
    def _has_left(self) -> bool:
        return self._has_body and self._connection.is_half_closed

    async def send(self, message: Message) -> None:
        begins = message["type"] == "http.response.start"
        if begins and self._connection.must_close:
            MutableHeaders(scope=message)["connection"] = "close"
        if self._connection.is_blocked:
            await self._send_in_time(message)
        else:
            await self._send(message)
        if begins:
            self._connection.closes_itself()
        self._is_whole = not begins and not message.get("more_body")

    async def _send_in_time(self, message: Message) -> None:
        try:
            async with asyncio.timeout(self._stall_seconds):
                await self._send(message)
        except TimeoutError:
            raise ClientStalled(self._stall_seconds) from None

    def end(self) -> None:
        # Rings of objects would wait for the garbage collector.
        del self._state[SEND_BODY], self._state["connection"]
        if not self._is_whole:
            self._connection.abort()

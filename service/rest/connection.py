"""Reads a bounded body from the connection, and stops the work when the client goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from service.errors import BodyTimeout, DeadlineExceeded, RequestTooLarge

BODY_SECONDS = 30  # a megabyte at 35 kB/s


async def read_body(request: Request, *, limit_bytes: int, seconds_left: float | None) -> bytes:
    """The whole body. Raises RequestTooLarge as soon as it is known, and BodyTimeout; or, of a
    caller that gives the whole request fewer seconds than that, DeadlineExceeded."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit_bytes:
        raise RequestTooLarge(limit_bytes=limit_bytes)
    body = bytearray()
    seconds = BODY_SECONDS if seconds_left is None else min(seconds_left, BODY_SECONDS)
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.stream():
                body += piece
                if len(body) > limit_bytes:
                    raise RequestTooLarge(limit_bytes=limit_bytes)
    except TimeoutError:
        if seconds < BODY_SECONDS:
            message = "The time allowed for this request has passed, and its body is not here."
            raise DeadlineExceeded(message) from None
        raise BodyTimeout(limit_seconds=BODY_SECONDS) from None
    return bytes(body)


@asynccontextmanager
async def while_connected(receive: Receive) -> AsyncIterator[None]:
    """Cancels its body when the client disconnects, and then raises ClientDisconnect.

    Enter it after the request's body was read: from then on ASGI has only the disconnect to tell.
    """
    try:
        async with asyncio.timeout(None) as connection:
            watcher = asyncio.create_task(expire_on_disconnect(receive, connection))
            try:
                yield
            finally:
                watcher.cancel()
    except TimeoutError:
        if connection.expired():
            raise ClientDisconnect from None
        raise


async def expire_on_disconnect(receive: Receive, connection: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    connection.reschedule(asyncio.get_running_loop().time())

"""One call as its client sends it: first the metadata, and the message whenever that comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

import grpc
from google.protobuf.message import DecodeError, Message

from service.errors import InvalidRequest, RequestTooLarge
from service.rpc.room import Room

Context = grpc.aio.ServicerContext[Any, Any]
Metadata = Iterable[tuple[str, str | bytes]]
MessageT_co = TypeVar("MessageT_co", bound=Message, covariant=True)

TOLD_WITHIN_SECONDS = 1


class Call(Generic[MessageT_co]):
    """Whoever answers it asks for its message once it is known who calls. Until then nothing is
    kept of the message but what fits the stream's window. One of more than `message_bytes` is
    refused.
    """

    def __init__(
        self,
        method: str,
        context: Context,
        metadata: Metadata,
        *,
        message_type: type[MessageT_co],
        message_bytes: int,
    ) -> None:
        self.method = method
        self.context = context
        self._metadata = metadata
        self._message_type = message_type
        self._message_bytes = message_bytes

    @property
    def peer(self) -> str:
        """Who connected, without the kind of address: of `ipv4:1.2.3.4:5` and `ipv6:%5B::1%5D:5`"""
        return unquote(self.context.peer()).partition(":")[2]

    def sent(self, name: str) -> str | None:
        """A metadata entry that the client sent, the first of this name."""
        return next(self.all_sent(name), None)

    def all_sent(self, name: str) -> Iterator[str]:
        for key, value in self._metadata:
            if key == name:
                yield value if isinstance(value, str) else value.decode()

    async def message(self, room: Room) -> MessageT_co:
        """The only one, or the first. Raises InvalidRequest or RequestTooLarge, and the room's
        errors."""
        async with room.place():
            found = await self._next()
            if found is None:
                await end_if_left(self.context)
                raise InvalidRequest("The call ended before its message.")
            return found

    async def messages(self) -> AsyncIterator[MessageT_co]:
        """All, of a method that takes several. Raises InvalidRequest or RequestTooLarge."""
        while (found := await self._next()) is not None:
            yield found

    async def _next(self) -> MessageT_co | None:
        payload = await self._read()
        if not isinstance(payload, bytes):
            return None
        if len(payload) > self._message_bytes:
            raise RequestTooLarge(limit_bytes=self._message_bytes)
        try:
            return self._message_type.FromString(payload)
        except DecodeError:
            error = InvalidRequest("The request is not a message of this method's type.")
        raise error

    async def _read(self) -> object:
        """Is not given up half way, which would have the library forget a message and not free it;
        it ends with the call."""
        reading = asyncio.ensure_future(self.context.read())
        reading.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(reading)


async def end_if_left(context: Context) -> None:
    """Raises CancelledError in a call that failed because its client has left.

    The call may be told so a moment later than it fails, and is cancelled then.
    """
    if not context.cancelled():
        await asyncio.sleep(TOLD_WITHIN_SECONDS)
    if context.cancelled():
        raise asyncio.CancelledError

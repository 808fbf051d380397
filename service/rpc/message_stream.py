"""Writes one call's stream of messages."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from service.errors import ClientStalled
from service.heartbeat import Heartbeat, silent_at_most
from service.logs import REQUEST_ID, request_id
from service.rpc.answers import StreamMessage
from service.rpc.calls import Context, end_if_left

BEGIN_SECONDS = 5  # headers wait for no reader, only for the event loop


class MessageStream:
    """One write at a time, none that waits for its reader longer than `stall_seconds`, and in every
    silence an `empty` message; before the engine `has_begun` only when nothing is refused any more,
    some time after `longest_wait_seconds`. Leaving the context raises ClientStalled where a reader
    was given up.
    """

    def __init__(
        self,
        context: Context,
        *,
        empty: StreamMessage,
        stall_seconds: float,
        longest_wait_seconds: float,
    ) -> None:
        self._context = context
        self._empty = empty
        self._stall_seconds = stall_seconds
        self._silent_at_most = silent_at_most(longest_wait_seconds)
        self.has_begun = False
        self._writing = asyncio.Lock()
        self._begun = False
        self._heart = Heartbeat(self._beat)
        self._limit = asyncio.timeout(None)  # of the whole stream: one for each write costs more

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._entered = self._loop.time()
        await self._limit.__aenter__()
        await self._heart.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._heart.__aexit__(kind, error, traceback)
        try:
            await self._limit.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise ClientStalled(self._stall_seconds) from None

    async def write(self, message: StreamMessage) -> None:
        """Raises CancelledError where the reader has left, or is given up."""
        self._heart.put_off()
        async with self._writing:
            patience = self._loop.call_later(self._stall_seconds, self._give_up)
            try:
                await self._put(message)
            except Exception:
                await end_if_left(self._context)
                raise
            finally:
                patience.cancel()

    def _give_up(self) -> None:
        self._limit.reschedule(self._loop.time())

    async def _beat(self) -> None:
        if self._writing.locked():
            return  # it is the reader who is silent
        if self._begun or self.has_begun or self._age() >= self._silent_at_most:
            await self.write(self._empty)

    def _age(self) -> float:
        return self._loop.time() - self._entered

    async def _put(self, message: StreamMessage) -> None:
        if not self._begun:
            self._begun = True
            await send_headers(self._context)
        await self._context.write(message)


async def send_headers(context: Context) -> None:
    """The request's id, with which an answer begins. Not before: a call that has headers and then
    fails is not tried again by gRPC's own rules (gRFC A6, "when retries are valid").

    They are not given up half sent: the library would send them again with the status, which the
    core refuses, and the client would get neither.
    """
    metadata = ((REQUEST_ID, str(request_id.get())),)
    sending = asyncio.ensure_future(context.send_initial_metadata(metadata))
    sending.add_done_callback(lambda task: task.cancelled() or task.exception())
    try:
        await asyncio.shield(sending)
    except asyncio.CancelledError:
        await asyncio.wait([sending], timeout=BEGIN_SECONDS)
        raise
    except Exception:
        await end_if_left(context)
        raise

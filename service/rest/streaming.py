"""Sends an answer while it is generated, as whatever events its API has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.errors import ClientStalled, InternalError, ServiceError, UnsupportedValue
from service.generation import Chunk, GenerationRequest
from service.inference import Inference
from service.observation import Caller, current
from service.rest.connection import while_connected
from service.rest.event_stream import Event, EventStream
from service.rest.exchanges import SEND_BODY

LAST_EVENTS_SECONDS = 5

log = logging.getLogger("service.rest")


class EventWriter(Protocol):
    """The events of one answer in one API. It remembers what has been written."""

    @property
    def heartbeat(self) -> bytes:
        """What is sent in a silence."""
        ...

    def chunk(self, chunk: Chunk) -> Iterator[Event]:
        """The events that tell of this chunk."""
        ...

    def end(self) -> Iterator[Event]:
        """The last events of an answer that is whole."""
        ...

    def failed(self, error: ServiceError) -> Iterator[Event]:
        """The last events of one that ends in an error."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and who sends it."""

    request: GenerationRequest
    caller: Caller


class StreamedAnswer(Response):
    """Generates while it is sent. An error before the first chunk is an HTTP status of its own."""

    def __init__(
        self,
        inference: Inference,
        asked: Asked,
        writer: EventWriter,
        *,
        longest_wait_seconds: float,
    ) -> None:
        self._inference = inference
        self._asked = asked
        self._writer = writer
        self._longest_wait_seconds = longest_wait_seconds
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with EventStream(
            send,
            scope["state"][SEND_BODY],
            heartbeat=self._writer.heartbeat,
            longest_wait_seconds=self._longest_wait_seconds,
        ) as events:
            try:
                async with while_connected(receive):
                    await self._generate(events)
            except ClientStalled:
                return
            except ClientDisconnect:
                if not events.opened:
                    raise
            except ServiceError as error:
                if not events.opened:
                    raise
                await end(events, self._writer.failed(error))
            except Exception:  # at the edge: the log has it, and the client an id
                if not events.opened:
                    raise
                log.exception("request failed")
                await end(events, self._writer.failed(InternalError()))
            else:
                await end(events, self._writer.end())

    async def _generate(self, events: EventStream) -> None:
        asked = self._asked
        current().streamed = True
        async with self._inference.generate(asked.request, asked.caller) as chunks:
            events.has_begun = True
            async for chunk in chunks:
                await events.send(self._writer.chunk(chunk))


class Streams:
    """Makes streamed answers, where the carrier takes them. `longest_wait_seconds` is how long a
    request may wait for a slot before it is refused.
    """

    def __init__(self, inference: Inference, *, allowed: bool, longest_wait_seconds: float) -> None:
        self._inference = inference
        self._allowed = allowed
        self._longest_wait_seconds = longest_wait_seconds

    def answer(self, asked: Asked, writer: EventWriter) -> StreamedAnswer:
        """Raises UnsupportedValue where no answer can be a stream."""
        if not self._allowed:
            rule = "this endpoint gives whole answers only; leave it out, or send false"
            raise UnsupportedValue.of_field("stream", rule)
        return StreamedAnswer(
            self._inference, asked, writer, longest_wait_seconds=self._longest_wait_seconds
        )


async def end(events: EventStream, last: Iterator[Event]) -> None:
    """The stream's last events. Who does not read them in time is cut off."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_EVENTS_SECONDS):
            await events.close(last)

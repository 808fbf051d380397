"""Turns a generation into the response: one JSON document, or a stream of events."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from contextlib import suppress

import orjson
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.errors import InternalError, ServiceError
from service.generation import Chunk, Completion, GenerationRequest, Usage
from service.inference import Inference
from service.observation import Caller
from service.rest.connection import while_connected
from service.rest.event_stream import EventStream
from service.rest.schemas import Json, Shape, usage_json
from service.rest.statuses import envelope

LAST_EVENTS_SECONDS = 5

log = logging.getLogger("service.rest")


class Frame:
    """What every document and chunk of one answer repeats: id, time, model, fingerprint."""

    def __init__(self, shape: Shape, *, model: str, fingerprint: str) -> None:
        self.shape = shape
        self._id = f"{shape.id_prefix}{uuid.uuid4().hex}"
        self._rest = {
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": fingerprint,
        }

    def document(self, completion: Completion) -> bytes:
        return orjson.dumps(
            {"id": self._id, "object": self.shape.object}
            | self._rest
            | {
                "choices": [self.shape.choice(completion)],
                "usage": usage_json(completion.usage),
            }
        )

    def chunk(self, choice: Json | None, *, usage: Usage | None, with_usage: bool) -> bytes:
        """A chunk with one choice, or with none; `usage` is a key only where it was asked for."""
        chunk = {"id": self._id, "object": self.shape.chunk_object} | self._rest
        chunk["choices"] = [choice] if choice else []
        if with_usage:
            chunk["usage"] = usage_json(usage) if usage else None
        return orjson.dumps(chunk)


async def end(events: EventStream, error: ServiceError | None = None) -> None:
    """The stream's last events. Who does not read them in time is cut off."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_EVENTS_SECONDS):
            if error is not None:
                await events.event(orjson.dumps(envelope(error)))
            await events.event(b"[DONE]")
            await events.close()


class StreamedAnswer(Response):
    """Generates while it is sent. An error before the first chunk is an HTTP status of its own."""

    def __init__(
        self,
        inference: Inference,
        request: GenerationRequest,
        caller: Caller,
        *,
        frame: Frame,
        include_usage: bool,
    ) -> None:
        self._inference = inference
        self._request = request
        self._caller = caller
        self._frame = frame
        self._include_usage = include_usage
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with EventStream(send) as events:
            try:
                async with while_connected(receive):
                    await self._generate(events)
            except ClientDisconnect:
                return
            except ServiceError as error:
                if not events.opened:
                    raise
                await end(events, error)
            except Exception:  # at the edge: the log has it, and the client an id
                if not events.opened:
                    raise
                log.exception("request failed")
                await end(events, InternalError())
            else:
                await end(events)

    async def _generate(self, events: EventStream) -> None:
        usage = None
        async with self._inference.generate(self._request, self._caller) as chunks:
            first = self._frame.shape.first_chunk()
            async for chunk in chunks:
                usage = chunk.usage or usage
                if first is not None:
                    await self._send(events, first)
                    first = None
                await self._send_chunk(events, chunk)
        if self._include_usage:
            await events.event(self._frame.chunk(None, usage=usage, with_usage=True))

    async def _send_chunk(self, events: EventStream, chunk: Chunk) -> None:
        if chunk.text:
            await self._send(events, self._frame.shape.chunk(chunk.text, None))
        if chunk.finish_reason:
            await self._send(events, self._frame.shape.chunk("", chunk.finish_reason))

    async def _send(self, events: EventStream, choice: Json) -> None:
        await events.event(self._frame.chunk(choice, usage=None, with_usage=self._include_usage))

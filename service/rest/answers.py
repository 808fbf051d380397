"""Turns a generation into OpenAI's completions: one JSON document, or a stream of events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import orjson

from service.errors import ServiceError
from service.generation import Chunk, Completion, Json, Usage
from service.observation import answer_id
from service.rest.event_stream import COMMENT, Event
from service.rest.shapes import Shape, usage_document
from service.rest.statuses import envelope

DONE = Event(b"[DONE]")


class Frame:
    """What every document and chunk of one answer repeats: id, time, model, fingerprint."""

    def __init__(self, shape: Shape, *, model: str, fingerprint: str) -> None:
        self.shape = shape
        self._repeated = {
            "id": answer_id(shape.id_prefix),
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": fingerprint,
        }

    def document(self, completion: Completion, *, with_timings: bool) -> bytes:
        choices = [
            self.shape.choice(index, choice) for index, choice in enumerate(completion.choices)
        ]
        document: Json = {**self._repeated, **self.shape.head, "choices": choices}
        document["usage"] = usage_document(completion.usage)
        if with_timings and completion.timings:
            document["timings"] = completion.timings
        return orjson.dumps(document)

    def chunk(self, choices: list[Any], **fields: Any) -> Event:
        head = {**self._repeated, **self.shape.chunk_head}
        return Event(orjson.dumps({**head, "choices": choices, **fields}))


class CompletionEvents:
    """Writes the chunks of a completion, and [DONE].

    `usage` is a key only where it was asked for, and so are `timings` and `prompt_progress`, which
    are llama.cpp's own. The last timings come with the usage, or else with the last choice's end.
    """

    heartbeat = COMMENT

    def __init__(self, frame: Frame, *, include_usage: bool, include_timings: bool) -> None:
        self._frame = frame
        self._include_usage = include_usage
        self._include_timings = include_timings
        self._usage: Usage | None = None
        self._timings: Json | None = None
        self._ended: list[Any] = []  # the choice whose end waits for the last timings

    def chunk(self, chunk: Chunk) -> Iterator[Event]:
        self._usage = chunk.usage or self._usage
        self._timings = chunk.timings or self._timings
        if chunk.progress is not None:
            yield self._event([], prompt_progress=chunk.progress)
        for choice in self._frame.shape.chunks(chunk):
            yield from self._end_of_choice(None)
            if choice["finish_reason"] and self._include_timings and not self._include_usage:
                self._ended = [choice]
            else:
                yield self._event([choice], **self._timed(chunk.timings))

    def end(self) -> Iterator[Event]:
        yield from self._end_of_choice(self._timings)
        if self._include_usage:
            yield self._event([], usage=self._usage, **self._timed(self._timings))
        yield DONE

    def failed(self, error: ServiceError) -> Iterator[Event]:
        yield from self._end_of_choice(None)
        yield Event(orjson.dumps(envelope(error)))
        yield DONE

    def _end_of_choice(self, timings: Json | None) -> Iterator[Event]:
        if self._ended:
            yield self._event(self._ended, **self._timed(timings))
            self._ended = []

    def _timed(self, timings: Json | None) -> dict[str, Any]:
        return {"timings": timings} if self._include_timings and timings else {}

    def _event(self, choices: list[Any], usage: Usage | None = None, **fields: Any) -> Event:
        if self._include_usage:
            fields["usage"] = usage_document(usage) if usage else None
        return self._frame.chunk(choices, **fields)

"""A chat's answer as the events of OpenAI's Responses API."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from service.errors import ServiceError
from service.generation import Chunk, FinishReason, Json, TokenLogprob, ToolCallPart, Usage
from service.rest.event_stream import COMMENT, Event
from service.rest.logprobs import token_document
from service.rest.responses.answer import Frame, usage_json
from service.rest.responses.output import CallItem, OutputItem, ReasoningItem, TextItem, new_id


class ResponseEvents:
    """Writes one response, item after item; one ends where another kind of content begins.

    `response` is what has come of it: the whole answer, once `end` has been written.
    """

    heartbeat = COMMENT

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._output: list[Json] = []
        self._open: OutputItem | None = None
        self._call_number: int | None = None  # of the one that is open
        self._written = 0
        self._reason: FinishReason | None = None
        self._usage: Usage | None = None
        self._thoughts = 0
        self.response = frame.response("in_progress", [], None)

    def chunk(self, chunk: Chunk) -> Iterator[Event]:
        self._reason = chunk.finish_reason or self._reason
        self._usage = chunk.usage or self._usage
        if chunk.is_content or chunk.finish_reason:
            yield from self._start()
        if chunk.reasoning:
            self._thoughts += 1  # the engine counts no tokens of them, and writes one at a time
            yield from self._think(chunk.reasoning)
        if chunk.text:
            yield from self._say(chunk.text, chunk.logprobs)
        for part in chunk.tool_calls:
            yield from self._call(part)

    def end(self) -> Iterator[Event]:
        status = "incomplete" if self._reason == FinishReason.LENGTH else "completed"
        usage = usage_json(self._usage or Usage(0, 0), reasoning_tokens=self._thoughts)
        yield from self._start()
        yield from self._close(status)
        self.response = self._frame.response(status, self._output, usage)
        yield self._event(f"response.{status}", response=self.response)

    def failed(self, error: ServiceError) -> Iterator[Event]:
        yield from self._start()
        yield from self._close("incomplete")
        yield self._event("error", code=error.code, message=error.message, param=error.param)
        self.response = self._frame.failed(error, self._output)
        yield self._event("response.failed", response=self.response)

    def _start(self) -> Iterator[Event]:
        if not self._written:
            yield self._event("response.created", response=self.response)
            yield self._event("response.in_progress", response=self.response)

    def _think(self, piece: str) -> Iterator[Event]:
        if not isinstance(self._open, ReasoningItem):
            yield from self._begin(ReasoningItem(index=self._next(), id=new_id("rs")))
        yield from self._grow(piece)

    def _say(self, piece: str, logprobs: tuple[TokenLogprob, ...]) -> Iterator[Event]:
        if not isinstance(self._open, TextItem):
            yield from self._begin(TextItem(index=self._next(), id=new_id("msg")))
        yield from self._grow(piece, documents(logprobs))

    def _call(self, part: ToolCallPart) -> Iterator[Event]:
        if not isinstance(self._open, CallItem) or self._call_number != part.index:
            call_id, name = part.id or "", part.name or ""
            item = CallItem(index=self._next(), id=new_id("fc"), call_id=call_id, name=name)
            yield from self._begin(item)
            self._call_number = part.index
        yield from self._grow(part.arguments)

    def _next(self) -> int:
        """The place of an item that begins now, and ends the one that is open."""
        return len(self._output) + (self._open is not None)

    def _begin(self, item: OutputItem) -> Iterator[Event]:
        yield from self._close("completed")
        self._open = item
        begun = item.json("in_progress")
        yield self._event("response.output_item.added", output_index=item.index, item=begun)
        if (part := item.part()) is not None:
            yield self._event("response.content_part.added", **item.place(), part=part)

    def _grow(self, piece: str, logprobs: list[Json] | None = None) -> Iterator[Event]:
        assert self._open is not None
        fields = self._open.grow(piece, logprobs or [])
        yield self._event(f"{self._open.events}.delta", **self._open.place(), **fields)

    def _close(self, status: str) -> Iterator[Event]:
        if (item := self._open) is None:
            return
        self._open = None
        self._output.append(item.json(status))
        yield self._event(f"{item.events}.done", **item.place(), **item.grown())
        if (part := item.part()) is not None:
            yield self._event("response.content_part.done", **item.place(), part=part)
        done = self._output[-1]
        yield self._event("response.output_item.done", output_index=item.index, item=done)

    def _event(self, name: str, /, **fields: object) -> Event:
        numbered = {"type": name, "sequence_number": self._written} | fields
        self._written += 1
        return Event(orjson.dumps(numbered), name)


def documents(logprobs: tuple[TokenLogprob, ...]) -> list[Json]:
    return [dict(token_document(entry)) for entry in logprobs]

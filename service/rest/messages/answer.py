"""A chat's answer as Anthropic's API has it: one message, or the events of which it is made."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from service.errors import ServiceError
from service.generation import Choice, Chunk, Completion, FinishReason, Json, ToolCallPart, Usage
from service.observation import answer_id
from service.rest.event_stream import Event
from service.rest.messages.errors import envelope

TEXT: Json = {"type": "text", "text": "", "citations": None}
THINKING: Json = {"type": "thinking", "thinking": "", "signature": ""}
# What Anthropic's types have and nothing here fills.
NO_USAGE: Json = {"output_tokens_details": None, "server_tool_use": None}
NO_START_USAGE: Json = {
    "cache_creation": None,
    "inference_geo": None,
    "service_tier": "standard",
    "speed": None,
}
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


class Frame:
    """What the message and its first event say alike."""

    def __init__(self, *, model: str) -> None:
        self._id = answer_id("msg_")
        self._model = model

    def message(self, content: list[Json], usage: Usage, stop: Json) -> Json:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": content,
            "container": None,
            "diagnostics": None,
            **stop,
            "usage": usage_json(usage) | NO_START_USAGE,
        }

    def document(self, completion: Completion) -> Json:
        (choice,) = completion.choices
        stop = stop_json(choice.finish_reason, choice.stop_sequence)
        return self.message(list(blocks(choice)), completion.usage, stop)


def blocks(choice: Choice) -> Iterator[Json]:
    if choice.reasoning:
        yield THINKING | {"thinking": choice.reasoning}
    if choice.text:
        yield TEXT | {"text": choice.text}
    for call in choice.tool_calls:
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": read(call.arguments)}


def read(arguments: str) -> Json:
    """Of a call that was cut off at the token limit there is nothing that could be read."""
    try:
        found = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def stop_json(reason: FinishReason | None, sequence: str | None) -> Json:
    names = {
        FinishReason.STOP: "end_turn",
        FinishReason.LENGTH: "max_tokens",
        FinishReason.TOOL_CALLS: "tool_use",
    }
    told = "stop_sequence" if sequence else names.get(reason) if reason else None
    return {"stop_reason": told, "stop_sequence": sequence, "stop_details": None}


def usage_json(usage: Usage) -> Json:
    """The sum of the three kinds of input is the prompt."""
    return {
        "input_tokens": usage.prompt_tokens - usage.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
        **NO_USAGE,
    }


class MessageEvents:
    """Writes one message, block after block; a block ends where another kind of content begins."""

    heartbeat = PING

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._started = False
        self._open: object = None  # what kind of block, or which call
        self._index = -1
        self._prompt = Usage(0, 0)
        self._usage: Usage | None = None
        self._stop = stop_json(None, None)

    def chunk(self, chunk: Chunk) -> Iterator[Event]:
        if chunk.progress:
            self._prompt = Usage(chunk.progress["total"], 0, chunk.progress["cache"])
        self._usage = chunk.usage or self._usage
        if chunk.finish_reason:
            self._stop = stop_json(chunk.finish_reason, chunk.stop_sequence)
        if chunk.is_content or chunk.finish_reason:
            yield from self._start()
        if chunk.reasoning:
            yield from self._content("thinking", THINKING, "thinking_delta", chunk.reasoning)
        if chunk.text:
            yield from self._content("text", TEXT, "text_delta", chunk.text)
        for part in chunk.tool_calls:
            yield from self._call(part)

    def end(self) -> Iterator[Event]:
        yield from self._start()
        yield from self._close()
        usage = usage_json(self._usage or self._prompt)
        yield event("message_delta", delta=self._stop | {"container": None}, usage=usage)
        yield event("message_stop")

    def failed(self, error: ServiceError) -> Iterator[Event]:
        yield Event(orjson.dumps(envelope(error)), "error")

    def _start(self) -> Iterator[Event]:
        if not self._started:
            self._started = True
            message = self._frame.message([], self._prompt, stop_json(None, None))
            yield event("message_start", message=message)

    def _call(self, part: ToolCallPart) -> Iterator[Event]:
        block: Json = {"type": "tool_use", "id": part.id, "name": part.name, "input": {}}
        yield from self._content(part.index, block, "input_json_delta", part.arguments)

    def _content(self, kind: object, block: Json, delta: str, piece: str) -> Iterator[Event]:
        if self._open != kind:
            yield from self._close()
            self._open = kind
            self._index += 1
            yield event("content_block_start", index=self._index, content_block=block)
        field = {"input_json_delta": "partial_json"}.get(delta, delta.removesuffix("_delta"))
        told = {"type": delta, field: piece}
        yield event("content_block_delta", index=self._index, delta=told)

    def _close(self) -> Iterator[Event]:
        if self._open is not None:
            self._open = None
            yield event("content_block_stop", index=self._index)


def event(name: str, **fields: object) -> Event:
    return Event(orjson.dumps({"type": name} | fields), name)

"""What one answer looks like in each of the two APIs. A shape belongs to one answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from service.generation import Choice, Chunk, FinishReason, ToolCallPart, Usage
from service.rest.documents import (
    AssistantMessage,
    CallDelta,
    ChatChoice,
    ChatChunkChoice,
    ChatDelta,
    TextChoice,
    TextChunkChoice,
    UsageDocument,
)
from service.rest.logprobs import chat_logprobs, text_logprobs

Head = Mapping[str, str]


class Shape(Protocol):
    """How choices are written. `head` and `chunk_head` are the same in every document of a kind."""

    id_prefix: str
    head: Head
    chunk_head: Head

    def choice(self, index: int, choice: Choice) -> Any:
        """Of a whole answer."""
        ...

    def chunks(self, chunk: Chunk) -> Iterator[Any]:
        """The choices of a stream that tell of this chunk, one for each event."""
        ...


class ChatShape:
    """Of chat completions."""

    id_prefix = "chatcmpl-"
    head: Head = MappingProxyType({"object": "chat.completion", "service_tier": "default"})
    chunk_head: Head = MappingProxyType(
        {"object": "chat.completion.chunk", "service_tier": "default"}
    )

    def __init__(self) -> None:
        self._begun: set[int] = set()

    def choice(self, index: int, choice: Choice) -> ChatChoice:
        message: AssistantMessage = {
            "role": "assistant",
            "content": choice.text if choice.text or not choice.tool_calls else None,
            "refusal": None,
            "annotations": [],
        }
        if choice.reasoning:
            message["reasoning_content"] = choice.reasoning
        if choice.tool_calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in choice.tool_calls
            ]
        return {
            "index": index,
            "message": message,
            "logprobs": chat_logprobs(choice.logprobs),
            "finish_reason": choice.finish_reason,
        }

    def chunks(self, chunk: Chunk) -> Iterator[ChatChunkChoice]:
        """Each choice begins with its role."""
        if not (chunk.is_content or chunk.finish_reason):
            return
        if chunk.index not in self._begun:
            self._begun.add(chunk.index)
            content = None if chunk.tool_calls else ""
            yield chat_chunk(
                chunk, {"role": "assistant", "content": content, "refusal": None}, last=False
            )
        if chunk.is_content:
            yield chat_chunk(chunk, delta(chunk), last=False)
        if chunk.finish_reason:
            yield chat_chunk(chunk, {}, last=True)


def chat_chunk(chunk: Chunk, delta: ChatDelta, *, last: bool) -> ChatChunkChoice:
    return {
        "index": chunk.index,
        "delta": delta,
        "logprobs": chat_logprobs(chunk.logprobs) if delta.get("role") is None else None,
        "finish_reason": chunk.finish_reason if last else None,
    }


def delta(chunk: Chunk) -> ChatDelta:
    found: ChatDelta = {}
    if chunk.text:
        found["content"] = chunk.text
    if chunk.reasoning:
        found["reasoning_content"] = chunk.reasoning
    if chunk.tool_calls:
        found["tool_calls"] = [call_delta(part) for part in chunk.tool_calls]
    return found


def call_delta(part: ToolCallPart) -> CallDelta:
    if part.name is None:
        return {"index": part.index, "function": {"arguments": part.arguments}}
    return {
        "index": part.index,
        "id": part.id or "",
        "type": "function",
        "function": {"name": part.name, "arguments": part.arguments},
    }


class TextShape:
    """Of completions. Calls of functions do not occur in them, and reasoning is text."""

    id_prefix = "cmpl-"
    head: Head = MappingProxyType({"object": "text_completion"})
    chunk_head: Head = head

    def __init__(self) -> None:
        self._lengths: Counter[int] = Counter()

    def choice(self, index: int, choice: Choice) -> TextChoice:
        return {
            "index": index,
            "text": choice.text,
            "logprobs": text_logprobs(choice.logprobs, offset=0),
            "finish_reason": choice.finish_reason,
        }

    def chunks(self, chunk: Chunk) -> Iterator[TextChunkChoice]:
        if chunk.text:
            yield self._chunk(chunk, None)
            self._lengths[chunk.index] += len(chunk.text)
        if chunk.finish_reason:
            yield {
                "index": chunk.index,
                "text": "",
                "logprobs": None,
                "finish_reason": chunk.finish_reason,
            }

    def _chunk(self, chunk: Chunk, reason: FinishReason | None) -> TextChunkChoice:
        return {
            "index": chunk.index,
            "text": chunk.text,
            "logprobs": text_logprobs(chunk.logprobs, offset=self._lengths[chunk.index]),
            "finish_reason": reason,
        }


def usage_document(usage: Usage) -> UsageDocument:
    """The engine tells no more of the tokens than whether they were in its cache."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }

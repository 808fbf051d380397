"""Puts the chunks of an answer together, for clients that did not ask for a stream."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.generation import (
    Choice,
    Chunk,
    Completion,
    FinishReason,
    Json,
    TokenLogprob,
    ToolCall,
    ToolCallPart,
    Usage,
)


@dataclass(slots=True)
class PartialCall:
    """What has come of a tool call."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)

    def add(self, part: ToolCallPart) -> None:
        self.id = part.id or self.id
        self.name = part.name or self.name
        self.arguments.append(part.arguments)

    def whole(self) -> ToolCall:
        return ToolCall(self.id, self.name, "".join(self.arguments))


@dataclass(slots=True)
class PartialChoice:
    """What has come of a choice."""

    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    calls: dict[int, PartialCall] = field(default_factory=dict)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    finish_reason: FinishReason = FinishReason.STOP
    stop_sequence: str | None = None

    def add(self, chunk: Chunk) -> None:
        self.text.append(chunk.text)
        self.reasoning.append(chunk.reasoning)
        self.logprobs += chunk.logprobs
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self.stop_sequence = chunk.stop_sequence or self.stop_sequence
        for part in chunk.tool_calls:
            self.calls.setdefault(part.index, PartialCall()).add(part)

    def whole(self) -> Choice:
        return Choice(
            text="".join(self.text),
            finish_reason=self.finish_reason,
            stop_sequence=self.stop_sequence,
            reasoning="".join(self.reasoning),
            tool_calls=tuple(call.whole() for _, call in sorted(self.calls.items())),
            logprobs=tuple(self.logprobs),
        )


class PartialAnswer:
    """What has come of an answer."""

    def __init__(self) -> None:
        self._choices: dict[int, PartialChoice] = {}
        self._usage = Usage(0, 0)
        self._timings: Json | None = None

    def add(self, chunk: Chunk) -> None:
        if chunk.is_content or chunk.finish_reason:
            self._choices.setdefault(chunk.index, PartialChoice()).add(chunk)
        self._usage = chunk.usage or self._usage
        self._timings = chunk.timings or self._timings

    def completion(self) -> Completion:
        choices = [choice.whole() for _, choice in sorted(self._choices.items())]
        return Completion(tuple(choices or [Choice()]), self._usage, self._timings)

"""The engine's events as our chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

from service.engine.forced_calls import CallReader, must_call
from service.engine.stops import StopWatcher
from service.generation import (
    Chunk,
    FinishReason,
    GenerationRequest,
    TokenLogprob,
    ToolCallPart,
    Usage,
)

Event = dict[str, Any]


class ChunkReader:
    """Reads the events of one answer; each choice's usage goes into the sum of the last chunk."""

    def __init__(self, request: GenerationRequest) -> None:
        self._alternatives = request.alternatives
        self._progress = bool(request.sampling.return_progress)
        self._one_call = request.tools is not None and request.tools.parallel is False
        self._choices_each = request.choices // request.prompts
        stops = request.sampling.stop or ()
        self._watchers = {
            index: StopWatcher(stops) for index in range(request.choices if stops else 0)
        }
        forced = range(request.choices if must_call(request.tools) else 0)
        self._forced = {index: CallReader() for index in forced}
        self._timed: dict[int, Event] = {}  # the latest timings of each choice
        self._stopped: set[int] = set()
        self._choice = 0  # that the last event was of
        self._counted: set[int] = set()  # choices whose usage is known
        self._usages: dict[int, Usage] = {}  # of each prompt
        self._timings: Event | None = None

    def read(self, event: Event) -> Iterator[Chunk]:
        """The event's chunks, where it has something to say."""
        if self._progress and (progress := event.get("prompt_progress")):
            yield Chunk(progress=progress)
        for choice in event["choices"]:
            self._choice = choice["index"]
            self._timed[self._choice] = event.get("timings") or self._timed.get(self._choice, {})
            chunk = self._chunk(choice, event)
            if chunk.is_content or chunk.finish_reason:
                yield from self._watched(chunk)
        if (usage := event.get("usage")) and self._choice not in self._stopped:
            self._count(usage_of(usage), event.get("timings"))

    @property
    def finished(self) -> bool:
        """Whether a choice was stopped here, and the others have ended: nothing more is to come."""
        return bool(self._stopped) and len(self._counted) == len(self._watchers)

    def last(self) -> Chunk:
        usage = reduce(Usage.with_prompt, self._usages.values(), Usage(0, 0))
        return Chunk(usage=usage, timings=self._timings)

    def _watched(self, chunk: Chunk) -> Iterator[Chunk]:
        """The engine goes on with a choice that is stopped here, until all of them have ended."""
        watcher = self._watchers.get(chunk.index)
        if watcher is None:
            yield chunk
        elif not watcher.stopped:
            yield from watcher.read(chunk)
            if watcher.stopped:
                self._stopped.add(chunk.index)
                timings = self._timed[chunk.index]
                self._count(usage_until(timings), timings)

    def _count(self, usage: Usage, timings: Event | None) -> None:
        """Choices are numbered prompt by prompt. In a chat an event with the usage names none: it
        is of the one that has just ended."""
        self._counted.add(self._choice)
        self._timings = timings
        prompt = self._choice // self._choices_each
        before = self._usages.get(prompt)
        self._usages[prompt] = before.with_choice(usage) if before else usage

    def _chunk(self, choice: Event, event: Event) -> Chunk:
        delta = choice.get("delta") or {}
        reason = choice.get("finish_reason")
        text = choice.get("text") or delta.get("content") or ""
        calls = self._calls(delta.get("tool_calls") or ())
        if (reader := self._forced.get(choice["index"])) is not None:
            text, calls = "", tuple(reader.read(text))
            if reason == FinishReason.STOP and reader.calls:
                reason = FinishReason.TOOL_CALLS
        return Chunk(
            index=choice["index"],
            text=text,
            reasoning=delta.get("reasoning_content") or "",
            tool_calls=calls,
            logprobs=self._logprobs(text, choice),
            finish_reason=FinishReason(reason) if reason else None,
            timings=None if "usage" in event else event.get("timings"),
        )

    def _calls(self, parts: Iterable[Event]) -> tuple[ToolCallPart, ...]:
        """The engine does not honour `parallel_tool_calls`: more than one are left out here."""
        found = tuple([tool_call_part(part) for part in parts])
        return tuple(part for part in found if part.index == 0) if self._one_call else found

    def _logprobs(self, text: str, choice: Event) -> tuple[TokenLogprob, ...]:
        """Of the answer's own text alone: what is thought, called, or taken off, has none.

        The engine holds text back (the bytes of a character, the beginning of what may be a call)
        and tells of the token alone with which it comes. So that token stands for all of it.
        """
        told = (choice.get("logprobs") or {}).get("content") if text else None
        return tuple([token_logprob(entry, text, self._alternatives) for entry in told or ()])


def token_logprob(entry: Event, text: str, alternatives: int | None) -> TokenLogprob:
    """Among the likeliest tokens it is itself, and so has the same text."""

    def told(token: Event, others: tuple[TokenLogprob, ...] = ()) -> TokenLogprob:
        if token["id"] == entry["id"]:
            return TokenLogprob(text, token["logprob"], tuple(text.encode()), others)
        return TokenLogprob(token["token"], token["logprob"], tuple(token["bytes"]))

    likeliest = entry["top_logprobs"][:alternatives]
    return told(entry, tuple(told(other) for other in likeliest))


def tool_call_part(part: Event) -> ToolCallPart:
    function = part.get("function") or {}
    return ToolCallPart(
        index=part["index"],
        arguments=function.get("arguments") or "",
        id=part.get("id"),
        name=function.get("name"),
    )


def usage_of(usage: Event) -> Usage:
    return Usage(
        prompt_tokens=usage["prompt_tokens"],
        completion_tokens=usage["completion_tokens"],
        cached_tokens=(usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0),
    )


def usage_until(timings: Event) -> Usage:
    """Up to a token, by its timings."""
    cached = timings["cache_n"]
    return Usage(timings["prompt_n"] + cached, timings["predicted_n"], cached)


def usage_of_all(answers: Iterable[Event]) -> Usage | None:
    """Of answers that generated nothing; None where the model itself had no work."""
    tokens = [answer["usage"]["prompt_tokens"] for answer in answers if "usage" in answer]
    return Usage(sum(tokens), 0) if tokens else None

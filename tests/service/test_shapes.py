"""The answers of completions: OpenAI's shapes, whole and in chunks, by the SDK's own types."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from openai.types import Completion as SdkTextCompletion
from openai.types.chat import ChatCompletion as SdkChatCompletion
from openai.types.chat import ChatCompletionChunk as SdkChatCompletionChunk
from pydantic import TypeAdapter

from service.generation import (
    Choice,
    Chunk,
    Completion,
    FinishReason,
    TokenLogprob,
    ToolCall,
    ToolCallPart,
    Usage,
)
from service.rest import documents
from service.rest.answers import CompletionEvents, Frame
from service.rest.shapes import ChatShape, Shape, TextShape

HALF = TokenLogprob("", -0.5, (0xF0, 0x9F))  # of a character
HELLO = TokenLogprob("Hello", -0.25, tuple(b"Hello"), (TokenLogprob("Hi", -1.0, tuple(b"Hi")),))
USAGE = Usage(5, 2, 3)
TIMINGS = {"prompt_n": 5}


def frame(shape: type[Shape]) -> Frame:
    return Frame(shape(), model="m", fingerprint="fp")


def whole(shape: type[Shape], *choices: Choice, with_timings: bool = False) -> Any:
    completion = Completion(choices, USAGE, TIMINGS)
    return orjson.loads(frame(shape).document(completion, with_timings=with_timings))


def streamed(shape: type[Shape], *chunks: Chunk, **asked: bool) -> list[Any]:
    options = {"include_usage": False, "include_timings": False} | asked
    events = CompletionEvents(frame(shape), **options)
    sent = [event for chunk in chunks for event in events.chunk(chunk)] + list(events.end())
    assert sent[-1].data == b"[DONE]"
    return [orjson.loads(event.data) for event in sent[:-1]]


def deltas(events: list[Any], index: int = 0) -> list[Any]:
    choices = [choice for event in events for choice in event["choices"]]
    return [choice["delta"] for choice in choices if choice["index"] == index]


CALL = Choice("", FinishReason.TOOL_CALLS, tool_calls=(ToolCall("call-1", "f", "{}"),))
CHOICES = {
    "text": Choice("Hello"),
    "nothing": Choice(),
    "log probabilities": Choice("Hello", logprobs=(HELLO, HALF)),
    "a call": CALL,
    "reasoning": Choice("Hello", reasoning="Hm."),
}


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES.keys())
def test_whole_chat_is_of_openais_type_and_of_ours(choice: Choice) -> None:
    answer = whole(ChatShape, choice, choice)
    SdkChatCompletion.model_validate(answer, strict=True)
    TypeAdapter(documents.ChatCompletion).validate_python(answer)
    assert [each["index"] for each in answer["choices"]] == [0, 1]
    assert set(answer["choices"][0]) == {"index", "message", "logprobs", "finish_reason"}


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES.keys())
def test_whole_text_is_of_openais_type_and_of_ours(choice: Choice) -> None:
    answer = whole(TextShape, choice)
    if choice is not CALL:  # which completions do not have
        SdkTextCompletion.model_validate(answer, strict=True)
    TypeAdapter(documents.TextCompletion).validate_python(answer)


def test_call_has_no_content_and_no_text_is_empty() -> None:
    (called,) = whole(ChatShape, CALL)["choices"]
    assert called["message"]["content"] is None
    assert called["finish_reason"] == "tool_calls"
    (silent,) = whole(ChatShape, Choice())["choices"]
    assert silent["message"]["content"] == ""
    assert "tool_calls" not in silent["message"]


def test_log_probabilities_of_a_chat() -> None:
    (choice,) = whole(ChatShape, Choice("Hello", logprobs=(HELLO,)))["choices"]
    top = {"token": "Hi", "logprob": -1.0, "bytes": list(b"Hi")}
    hello = {"token": "Hello", "logprob": -0.25, "bytes": list(b"Hello"), "top_logprobs": [top]}
    assert choice["logprobs"] == {"content": [hello], "refusal": None}


def test_log_probabilities_of_a_text_are_four_lists() -> None:
    (choice,) = whole(TextShape, Choice("Hello", logprobs=(HELLO, HALF, HELLO)))["choices"]
    assert choice["logprobs"] == {
        "tokens": ["Hello", "bytes:\\xf0\\x9f", "Hello"],
        "token_logprobs": [-0.25, -0.5, -0.25],
        "top_logprobs": [
            {"Hello": -0.25, "Hi": -1.0},
            {"bytes:\\xf0\\x9f": -0.5},
            {"Hello": -0.25, "Hi": -1.0},
        ],
        "text_offset": [0, 5, 5],
    }


def test_no_alternatives_are_null_and_not_a_list_of_nothing() -> None:
    (choice,) = whole(TextShape, Choice("", logprobs=(HALF,)))["choices"]
    assert choice["logprobs"]["top_logprobs"] is None


CHUNKS = (
    Chunk(index=1, text="Hello", logprobs=(HELLO,)),
    Chunk(index=0, text="Hi"),
    Chunk(index=1, finish_reason=FinishReason.LENGTH),
    Chunk(index=0, finish_reason=FinishReason.STOP),
    Chunk(usage=USAGE, timings=TIMINGS),
)


def test_each_choice_of_a_streamed_chat_begins_with_its_role() -> None:
    events = streamed(ChatShape, *CHUNKS)
    for event in events:
        SdkChatCompletionChunk.model_validate(event, strict=True)
        TypeAdapter(documents.ChatCompletionChunk).validate_python(event)
    beginning = {"role": "assistant", "content": "", "refusal": None}
    assert deltas(events, 0) == [beginning, {"content": "Hi"}, {}]
    assert deltas(events, 1) == [beginning, {"content": "Hello"}, {}]
    assert len({event["id"] for event in events}) == 1


def test_streamed_text_counts_its_offsets_on() -> None:
    chunk = Chunk(text="Hello", logprobs=(HELLO,))
    events = streamed(TextShape, chunk, chunk)
    for event in events:
        TypeAdapter(documents.TextCompletionChunk).validate_python(event)
    offsets = [event["choices"][0]["logprobs"]["text_offset"] for event in events]
    assert offsets == [[0], [5]]


def test_streamed_call_has_its_name_once_and_its_arguments_in_pieces() -> None:
    events = streamed(
        ChatShape,
        Chunk(tool_calls=(ToolCallPart(0, "{", "call-1", "f"),)),
        Chunk(tool_calls=(ToolCallPart(0, "}"),)),
        Chunk(finish_reason=FinishReason.TOOL_CALLS),
    )
    for event in events:
        SdkChatCompletionChunk.model_validate(event, strict=True)
        TypeAdapter(documents.ChatCompletionChunk).validate_python(event)
    function = {"name": "f", "arguments": "{"}
    first = {"index": 0, "id": "call-1", "type": "function", "function": function}
    assert deltas(events) == [
        {"role": "assistant", "content": None, "refusal": None},
        {"tool_calls": [first]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
        {},
    ]


def test_usage_is_null_until_the_last_chunk_and_a_key_only_where_it_was_asked_for() -> None:
    asked = streamed(ChatShape, *CHUNKS, include_usage=True)
    assert [event["usage"] is None for event in asked] == [True] * 6 + [False]
    assert (asked[-1]["choices"], asked[-1]["usage"]["completion_tokens"]) == ([], 2)
    assert not any("usage" in event for event in streamed(ChatShape, *CHUNKS))


def test_last_timings_come_with_the_end_of_the_last_choice_or_with_the_usage() -> None:
    events = streamed(ChatShape, *CHUNKS, include_timings=True)
    assert all(event["choices"] for event in events)
    assert [event["choices"][0]["finish_reason"] for event in events[-2:]] == ["length", "stop"]
    assert [event.get("timings") for event in events] == [None] * 5 + [TIMINGS]
    events = streamed(ChatShape, *CHUNKS, include_timings=True, include_usage=True)
    assert (events[-1]["choices"], events[-1]["timings"]) == ([], TIMINGS)
    assert not any("timings" in event for event in events[:-1])


def test_engines_own_keys_are_there_only_where_they_were_asked_for() -> None:
    timed = Chunk(text="Hi", timings=TIMINGS)
    assert streamed(TextShape, timed, include_timings=True)[0]["timings"] == TIMINGS
    assert not any("timings" in event for event in streamed(TextShape, timed))
    assert whole(TextShape, Choice(), with_timings=True)["timings"] == TIMINGS
    assert "timings" not in whole(TextShape, Choice())
    (progress, *_) = streamed(ChatShape, Chunk(progress={"total": 9, "processed": 3}))
    assert (progress["choices"], progress["prompt_progress"]["total"]) == ([], 9)

"""Chats in which tools are called and answer, in each notation that such a chat has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from service.rpc import llm_service_pb2 as pb

Json = dict[str, Any]

texts = st.sampled_from(["Hello", "Wie geht es dir?", "héllo 🦊 \u202e", "<|im_start|>", "a" * 300])
arguments = st.dictionaries(st.sampled_from(["age", "name", "é"]), st.integers(0, 9), max_size=2)
ids = st.sampled_from(["call_1", "call_2", "toolu_é", "c" * 60])


@dataclass(frozen=True)
class Said:
    role: str
    text: str


@dataclass(frozen=True)
class Called:
    """By the assistant, which may say something too: of each call its id, its arguments, and what
    the tool answers."""

    text: str
    calls: tuple[tuple[str, Json, str], ...]


Conversation = Sequence[Said | Called]


@st.composite
def calls(draw: st.DrawFn) -> Called:
    named = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    told = tuple((name, draw(arguments), draw(texts)) for name in named)
    return Called(draw(st.one_of(st.just(""), texts)), told)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """It ends with an answered call, or with what anybody says."""
    turns: list[Said | Called] = []
    for _ in range(draw(st.integers(1, 2))):
        turns += [Said("user", draw(texts)), *draw(st.lists(calls(), min_size=1, max_size=2))]
        if draw(st.booleans()):
            turns.append(Said("assistant", draw(texts)))
    return turns


def as_chat(conversation: Conversation) -> list[Json]:
    """OpenAI's `messages`."""
    return [message for turn in conversation for message in chat_messages(turn)]


def chat_messages(turn: Said | Called) -> Iterator[Json]:
    if isinstance(turn, Said):
        yield {"role": turn.role, "content": turn.text}
        return
    made = [
        {
            "id": name,
            "type": "function",
            "function": {"name": "weather", "arguments": encoded(told)},
        }
        for name, told, _ in turn.calls
    ]
    yield {"role": "assistant", "content": turn.text or None, "tool_calls": made}
    for name, _, answer in turn.calls:
        yield {"role": "tool", "tool_call_id": name, "content": answer}


def as_items(conversation: Conversation) -> list[Json]:
    """The `input` of OpenAI's responses."""
    return [item for turn in conversation for item in items(turn)]


def items(turn: Said | Called) -> Iterator[Json]:
    if isinstance(turn, Said):
        yield {"role": turn.role, "content": turn.text}
        return
    if turn.text:
        yield {"role": "assistant", "content": turn.text}
    for name, told, _ in turn.calls:
        call = {"call_id": name, "name": "weather", "arguments": encoded(told)}
        yield {"type": "function_call", **call}
    for name, _, answer in turn.calls:
        yield {"type": "function_call_output", "call_id": name, "output": answer}


def as_blocks(conversation: Conversation) -> list[Json]:
    """Anthropic's `messages`."""
    return [message for turn in conversation for message in block_messages(turn)]


def block_messages(turn: Said | Called) -> Iterator[Json]:
    if isinstance(turn, Said):
        yield {"role": turn.role, "content": turn.text}
        return
    said = [{"type": "text", "text": turn.text}] if turn.text else []
    used = [
        {"type": "tool_use", "id": name, "name": "weather", "input": told}
        for name, told, _ in turn.calls
    ]
    yield {"role": "assistant", "content": [*said, *used]}
    results = [
        {"type": "tool_result", "tool_use_id": name, "content": answer}
        for name, _, answer in turn.calls
    ]
    yield {"role": "user", "content": results}


def as_rpc(conversation: Conversation) -> list[pb.ChatMessage]:
    return [message for turn in conversation for message in rpc_messages(turn)]


def rpc_messages(turn: Said | Called) -> Iterator[pb.ChatMessage]:
    if isinstance(turn, Said):
        yield pb.ChatMessage(role=turn.role, content=turn.text)
        return
    made = [
        pb.ToolCall(id=name, function=pb.FunctionCall(name="weather", arguments=encoded(told)))
        for name, told, _ in turn.calls
    ]
    yield pb.ChatMessage(role="assistant", content=turn.text, tool_calls=made)
    for name, _, answer in turn.calls:
        yield pb.ChatMessage(role="tool", tool_call_id=name, content=answer)


def encoded(told: Json) -> str:
    return json.dumps(told, ensure_ascii=False)

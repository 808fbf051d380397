"""What of a body costs time on the loop that all requests share is bounded: see service/counts.py
and service/rest/body_size.py for the figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from service.chat_turns import MESSAGES_AT_MOST, PARTS_AT_MOST
from service.errors import InvalidRequest
from service.rest.bodies import ChatBody, CompletionBody
from service.rest.body_size import FIELDS_AT_MOST, STRING, STRUCTURES_AT_MOST
from service.rest.embeddings import EmbeddingsBody
from service.rest.messages.body import MessagesBody
from service.rest.parsing import parse
from service.rest.responses.body import ResponsesBody
from service.rpc import llm_service_pb2 as pb
from service.rpc import requests
from service.tools import TOOLS_AT_MOST

HELLO = {"role": "user", "content": "Hi"}
MANY = 1000


def refused(kind: type[BaseModel], body: object) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as found:
        parse(kind, json.dumps(body).encode())
    return found.value


def turn(*parts: object) -> dict[str, object]:
    return {"role": "user", "content": [*parts]}


def test_text_may_have_any_characters_and_as_many_as_fit() -> None:
    text = '"[{:\\' * 100_000
    body = parse(ChatBody, json.dumps({"messages": [HELLO | {"content": text}]}).encode())
    assert body.to_request().characters == len(text)


@pytest.mark.parametrize(
    "more",
    [[[]] * STRUCTURES_AT_MOST, [{}] * STRUCTURES_AT_MOST, dict.fromkeys(range(FIELDS_AT_MOST))],
    ids=["lists", "objects", "fields"],
)
def test_body_of_nothing_but_structure_is_refused_before_it_is_read(more: object) -> None:
    error = refused(ChatBody, {"messages": [HELLO], "unknown": more})
    assert "send fewer turns, parts or items" in error.message


def test_string_that_does_not_end_is_looked_through_once() -> None:
    """As one text, and not from each quote in it anew: a megabyte of them would take an hour."""
    assert STRING.subn(b"", b"[" + b'"' + rb"\"" * 20_000) == (b"[", 1)


def test_longest_chat_in_parts_is_not_too_large() -> None:
    parts = [{"type": "text", "text": "a"}]
    body = {"messages": [HELLO | {"content": parts}] * MESSAGES_AT_MOST}
    assert len(parse(ChatBody, json.dumps(body).encode()).messages) == MESSAGES_AT_MOST


TEXT = {"type": "text", "text": ""}
PARTS, TURNS = PARTS_AT_MOST + 1, MESSAGES_AT_MOST + 1
RESULT = {"type": "tool_result", "tool_use_id": "a", "content": [TEXT] * PARTS}
OUTPUT = {"type": "function_call_output", "call_id": "a"}
INPUT = {"type": "input_text", "text": ""}


@pytest.mark.parametrize(
    ("kind", "body", "param"),
    [
        (ChatBody, {"messages": [HELLO] * TURNS}, "messages"),
        (ChatBody, {"messages": [turn(*[TEXT] * PARTS)]}, "messages[0].content"),
        (MessagesBody, {"messages": [HELLO] * TURNS}, "messages"),
        (MessagesBody, {"messages": [turn(*[TEXT] * PARTS)]}, "messages[0].content"),
        (MessagesBody, {"messages": [turn(RESULT)]}, "messages[0].content[0].content"),
        (MessagesBody, {"messages": [HELLO], "system": [TEXT] * PARTS}, "system"),
        (ResponsesBody, {"input": [HELLO] * TURNS}, "input"),
        (ResponsesBody, {"input": [turn(*[INPUT] * PARTS)]}, "input[0].content"),
        (ResponsesBody, {"input": [OUTPUT | {"output": [INPUT] * PARTS}]}, "input[0].output"),
        (
            ResponsesBody,
            {"input": "a", "include": ["message.output_text.logprobs"] * 17},
            "include",
        ),
    ],
)
def test_list_that_is_too_long_is_refused_by_its_name(
    kind: type[BaseModel], body: object, param: str
) -> None:
    error = refused(kind, body)
    assert error.param == param
    assert "should have at most" in error.message


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (ChatBody, {"messages": [{}] * MANY}),
        (ChatBody, {"messages": [HELLO], "logit_bias": {f"a{i}": "b" for i in range(MANY)}}),
        (ChatBody, {"messages": [HELLO], "metadata": dict.fromkeys(map(str, range(MANY)))}),
        (ChatBody, {"messages": [HELLO], "chat_template_kwargs": {f"{i}": 1 for i in range(MANY)}}),
        (CompletionBody, {"prompt": [-1] * MANY}),
        (CompletionBody, {"prompt": [[-1] * MANY]}),
        (EmbeddingsBody, {"input": [-1] * MANY}),
        (ResponsesBody, {"input": "a", "include": [""] * MANY}),
    ],
)
def test_many_bad_values_cost_few_errors(kind: type[BaseModel], body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as wrong:
        kind.model_validate(body)
    assert wrong.value.error_count() <= 20


def test_of_grpc_s_lists_that_are_too_long_no_more_is_read_than_shows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: Counter[str] = Counter()
    for name in ("turn_fields", "tool_fields"):
        monkeypatch.setattr(requests, name, counted(getattr(requests, name), read))
    turn, tool = pb.ChatMessage(role="user"), pb.Tool(function=pb.Function(name="f"))
    asked = pb.ChatRequest(messages=[turn] * 9000, tools=[tool] * 9000)
    with pytest.raises(InvalidRequest) as refused:
        requests.generation_request(asked)
    assert {violation.param for violation in refused.value.violations} == {"messages", "tools"}
    assert read == {"turn_fields": MESSAGES_AT_MOST + 1, "tool_fields": TOOLS_AT_MOST + 1}


def counted(function: Callable[..., Any], calls: Counter[str]) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        calls[function.__name__] += 1
        return function(*arguments)

    return called


def test_grpc_s_calls_in_all_turns_are_bounded_together() -> None:
    turn = pb.ChatMessage(role="assistant", tool_calls=[pb.ToolCall(id="a")] * 128)
    with pytest.raises(InvalidRequest, match="more than 4096 calls in all"):
        requests.generation_request(pb.ChatRequest(messages=[turn] * 33))

"""The API's document: that it is true, and that it is of this endpoint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import httpx
import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.rest.openapi.between_fields import numbers_below
from service.rest.openapi.document import document
from service.rest.openapi.endpoint import Facts
from service.rest.operations import Operation
from tests.service.conftest import Service

FACTS = Facts(
    model_name="m",
    max_output_tokens=100,
    slots=2,
    guesses=False,
    streams=True,
    tools=True,
    reasoning_effort=False,
    vocabulary_tokens=49152,
)
HELLO = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def operations(service: Service) -> Sequence[Operation]:
    return service.parts.rest.operations()


def made(operations: Sequence[Operation], **facts: Any) -> Any:
    known = {name: getattr(FACTS, name) for name in FACTS.__slots__}
    return document(operations, Facts(**(known | facts)))


def fits(document: Any, body: str, value: object) -> bool:
    schema = {"$ref": f"#/components/schemas/{body}", "components": document["components"]}
    return jsonschema_rs.is_valid(schema, value)


def test_document_is_one_of_openapi_3_1(operations: Sequence[Operation]) -> None:
    OpenAPIV31SpecValidator(made(operations)).validate()


async def test_document_is_there_for_anybody_and_has_every_route(service: Service) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.ports.http}") as http:
        answer = await http.get("/openapi.json")
    assert answer.status_code == 200
    offered = [each.path for each in service.parts.rest.operations() if each.offered]
    declared = {re.sub(r":\w+}", "}", path) for path in offered}
    assert "/v1/embeddings" not in declared  # of which this endpoint makes none
    assert set(answer.json()["paths"]) == declared


def test_limits_are_those_of_the_endpoint(operations: Sequence[Operation]) -> None:
    made_ = made(operations)
    assert fits(made_, "ChatBody", {"messages": HELLO, "model": "m", "n": 2, "max_tokens": 100})
    assert not fits(made_, "ChatBody", {"messages": HELLO, "model": "other"})
    assert not fits(made_, "ChatBody", {"messages": HELLO, "n": 3})
    assert not fits(made_, "ChatBody", {"messages": HELLO, "max_tokens": 101})
    assert fits(made_, "CompletionBody", {"prompt": ["a", "b"]})
    assert not fits(made_, "CompletionBody", {"prompt": ["a", "b"], "n": 2})


def test_calls_are_parallel_only_where_there_are_tools(operations: Sequence[Operation]) -> None:
    made_, tools = made(operations, tools=True), [{"type": "function", "function": {"name": "f"}}]
    parallel = {"messages": HELLO, "parallel_tool_calls": False}
    assert fits(made_, "ChatBody", parallel | {"tools": tools})
    assert fits(made_, "ChatBody", parallel | {"parallel_tool_calls": None})
    assert not fits(made_, "ChatBody", parallel)
    assert fits(made_, "ResponsesBody", {"input": "Hi", "parallel_tool_calls": False})


def test_tools_are_in_it_only_where_the_model_knows_them(operations: Sequence[Operation]) -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    answered = [*HELLO, {"role": "tool", "content": "x", "tool_call_id": "1"}]
    for known in (True, False):
        made_ = made(operations, tools=known)
        assert fits(made_, "ChatBody", {"messages": HELLO, "tools": tools}) is known
        assert fits(made_, "ChatBody", {"messages": answered}) is known
        assert fits(made_, "ChatBody", {"messages": HELLO, "tools": None})
        asked = {"model": "m", "messages": HELLO, "max_tokens": 1}
        assert fits(made_, "MessagesBody", asked | {"tools": []})
        assert not fits(made_, "MessagesBody", asked | {"tools": None})  # which Anthropic's has not


def test_efforts_are_in_it_only_where_the_model_knows_them(operations: Sequence[Operation]) -> None:
    for known in (True, False):
        made_ = made(operations, reasoning_effort=known)
        assert fits(made_, "ChatBody", {"messages": HELLO, "reasoning_effort": "low"}) is known
        assert fits(made_, "ChatBody", {"messages": HELLO, "reasoning_effort": "none"})
        assert fits(made_, "OutputConfig", {"effort": "low"}) is known
        assert fits(made_, "Reasoning-Output", {"effort": "none", "summary": None})


def test_streams_are_in_it_only_where_there_are_any(operations: Sequence[Operation]) -> None:
    for streams in (True, False):
        made_ = made(operations, streams=streams)
        assert fits(made_, "ChatBody", {"messages": HELLO, "stream": True}) is streams


def test_log_probabilities_are_in_it_only_where_no_token_is_guessed(
    operations: Sequence[Operation],
) -> None:
    included = {"input": "Hi", "include": ["message.output_text.logprobs"]}
    for guesses in (True, False):
        made_ = made(operations, guesses=guesses)
        assert fits(made_, "ChatBody", {"messages": HELLO, "logprobs": True}) is not guesses
        assert fits(made_, "CompletionBody", {"prompt": "a", "logprobs": 2}) is not guesses
        assert fits(made_, "ResponsesBody", {"input": "Hi", "top_logprobs": 2}) is not guesses
        assert fits(made_, "ResponsesBody", included) is not guesses
        assert fits(made_, "ChatBody", {"messages": HELLO, "logprobs": False})
        assert fits(made_, "ChatBody", {"messages": HELLO, "top_logprobs": None})
        assert fits(made_, "ResponsesBody", {"input": "Hi", "include": []})


@pytest.mark.parametrize(
    ("body", "good"),
    [
        ({"grammar": "g"}, True),
        ({"grammar": "g", "json_schema": {}}, False),
        ({"grammar": "g", "response_format": {"type": "text"}}, True),
        ({"grammar": "g", "response_format": {"type": "json_object"}}, False),
        ({"top_logprobs": 1}, False),
        ({"top_logprobs": 1, "logprobs": True}, True),
        ({"tool_choice": "required"}, False),
        ({"tool_choice": "none"}, True),
    ],
)
def test_fields_that_do_not_go_together_do_not_fit(
    operations: Sequence[Operation], body: dict[str, Any], good: bool
) -> None:
    assert fits(made(operations), "ChatBody", {"messages": HELLO} | body) is good


@pytest.mark.parametrize("limit", [1, 5, 10, 11, 100, 49152])
def test_numbers_below_a_limit_and_no_others_fit(limit: int) -> None:
    expression = re.compile(numbers_below(limit))
    numbers = range(limit + 2000)
    assert [n for n in numbers if expression.match(str(n))] == list(range(limit))
    assert not expression.match("01")

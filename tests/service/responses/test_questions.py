"""OpenAI's Responses API: what reaches the engine, and what is refused."""

from __future__ import annotations

from typing import Any

import httpx
import openai
import pytest

from service.engine.capabilities import Capabilities
from tests.service.conftest import Service
from tests.service.responses.asking import CALL, MODEL, WEATHER, ask


async def test_whole_conversation_reaches_the_engine(
    service: Service, sdk: openai.AsyncOpenAI
) -> None:
    service.engine.deltas = [{"reasoning_content": "hm"}, {"content": "I look."}, *CALL]
    asked: Any = {"model": MODEL, "tools": [WEATHER], "instructions": "Be brief."}
    first = await sdk.responses.create(input="a", **asked)
    answered = [item.to_dict() for item in first.output]
    result = {"type": "function_call_output", "call_id": "c1", "output": "sun"}
    parts = [{"type": "input_text", "text": "b"}, {"type": "input_text", "text": "c"}]
    turn = {"role": "user", "content": parts}
    question: Any = [{"role": "user", "content": "a"}, *answered, result, turn]
    await sdk.responses.create(input=question, **asked)
    call = {"id": "c1", "type": "function"}
    function = {"name": "weather", "arguments": '{"city": "Rome"}'}
    assert service.engine.requests[1]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "I look.", "tool_calls": [call | {"function": function}]},
        {"role": "tool", "content": "sun", "tool_call_id": "c1"},
        {"role": "user", "content": "bc"},
    ]


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ({"format": {"type": "text"}}, None),
        ({"format": {"type": "json_object"}}, {"type": "object"}),
        (
            {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}},
            {"type": "object"},
        ),
    ],
)
async def test_format_of_the_text_is_held_to(
    service: Service, client: httpx.AsyncClient, text: object, schema: object
) -> None:
    answer = await ask(client, text=text)
    assert answer.status_code == 200
    assert service.engine.requests[0].get("json_schema") == schema


async def test_schemas_are_told_as_they_were_sent(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": r"^\d+$"}}}
    wanted = {"format": {"type": "json_schema", "name": "a", "schema": schema}}
    answer = (await ask(client, text=wanted)).json()
    assert answer["text"]["format"]["schema"] == schema
    assert service.engine.requests[0]["json_schema"] != schema
    answer = (await ask(client, tools=[WEATHER | {"parameters": schema}])).json()
    assert answer["tools"] == [WEATHER | {"parameters": schema}]


@pytest.mark.parametrize(
    ("choice", "must", "names"),
    [
        (None, False, ["weather", "time"]),
        ("required", True, ["weather", "time"]),
        ({"type": "function", "name": "time"}, True, ["time"]),
    ],
)
async def test_choice_of_a_tool_is_honoured(
    service: Service, client: httpx.AsyncClient, choice: object, must: bool, names: list[str]
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    await ask(client, tools=[WEATHER, WEATHER | {"name": "time"}], tool_choice=choice)
    (asked,) = service.engine.requests
    assert ("json_schema" in asked) is must
    assert [tool["function"]["name"] for tool in asked["tools"]] == names


@pytest.mark.parametrize(
    ("fields", "param", "what"),
    [
        ({"input": []}, "input", ""),
        ({"input": [{"type": "reasoning", "summary": []}]}, "input", "empty"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            "input[0].content[0].type",
            "text only",
        ),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0].type", "nothing is kept"),
        ({"max_output_tokens": 5000}, "max_output_tokens", "at most 1024"),
        ({"max_output_tokens": 0}, "max_output_tokens", ""),
        ({"input": "x" * 200_000}, "input", "context"),
        ({"previous_response_id": "resp_1"}, "previous_response_id", "nothing is kept"),
        ({"conversation": "conv_1"}, "conversation", "nothing is kept"),
        ({"store": True}, "store", "nothing is kept"),
        ({"background": True}, "background", "nothing is kept"),
        ({"n_predict": -1}, "n_predict", "Unknown parameter"),
        ({"n": 2}, "n", "Unknown parameter"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type", "got 'web_search'"),
        ({"tools": [WEATHER]}, "tools", "no place for tools"),
        ({"tools": [WEATHER] * 2}, "tools", "named weather"),
        (
            {"input": [{"type": "function_call_output", "call_id": "c", "output": "sun"}]},
            "input[0].call_id",
            "answers no call",
        ),
        ({"tool_choice": "required"}, "tool_choice", "only allowed with `tools`"),
        ({"truncation": "auto"}, "truncation", "no input is cut"),
        ({"text": {"verbosity": "high"}}, "text.verbosity", "no such setting"),
        ({"include": ["file_search_call.results"]}, "include[0]", "log probabilities are all"),
    ],
)
async def test_what_cannot_be_honoured_is_refused(
    service: Service, client: httpx.AsyncClient, fields: dict[str, Any], param: str, what: str
) -> None:
    answer = await ask(client, **fields)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["param"] == param
    assert what in error["message"]
    assert service.engine.requests == []


@pytest.mark.settings(draft_tokens=7)
@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"top_logprobs": 0}, "top_logprobs"),
        ({"include": ["message.output_text.logprobs"]}, "include"),
    ],
)
async def test_log_probabilities_are_refused_where_the_engine_guesses_tokens(
    client: httpx.AsyncClient, fields: dict[str, Any], param: str
) -> None:
    answer = await ask(client, **fields)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("model_not_supported", param)

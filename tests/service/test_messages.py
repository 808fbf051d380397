"""Anthropic's API: its events, what reaches the engine, what is refused."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from service import heartbeat
from service.engine.capabilities import Capabilities
from service.rest import event_stream
from service.rest.messages import documents
from tests.service.conftest import KEY, Service
from tests.service.messages import CALL, HELLO, WEATHER
from tests.service.transports import eventually
from tests.soon import SOON

BOTH = ["weather", "time"]
ALONE = {"disable_parallel_tool_use": True}


async def ask(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/v1/messages", json={"messages": HELLO, "max_tokens": 5} | fields)


def events(text: str) -> list[Any]:
    """Of a whole stream; each event's name is its data's type."""
    found = []
    for event in text.strip().split("\n\n"):
        name, data = event.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


async def test_stream_is_anthropic_s_events_in_their_order(client: httpx.AsyncClient) -> None:
    answer = await ask(client, stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [event["type"] for event in events(answer.text)] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


async def test_answers_and_events_are_of_the_types_that_the_document_tells(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.deltas = [{"reasoning_content": "hm"}, {"content": "I look."}, *CALL]
    TypeAdapter(documents.Message).validate_json((await ask(client)).content)
    for event in events((await ask(client, stream=True)).text):
        TypeAdapter(documents.Event).validate_python(event)


async def test_two_calls_are_two_blocks(service: Service, client: httpx.AsyncClient) -> None:
    second = {"index": 1, "id": "c2", "function": {"name": "weather", "arguments": "{}"}}
    service.engine.deltas = [*CALL, {"tool_calls": [second]}]
    told = events((await ask(client, stream=True)).text)
    starts = [event for event in told if event["type"] == "content_block_start"]
    assert [(event["index"], event["content_block"]["id"]) for event in starts] == [
        (0, "c1"),
        (1, "c2"),
    ]


async def test_call_cut_off_at_the_limit_has_no_input(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.deltas = CALL[:1]
    service.engine.finish_reason = "length"
    answer = (await ask(client)).json()
    assert answer["stop_reason"] == "max_tokens"
    assert answer["content"][0]["input"] == {}


@pytest.mark.parametrize("stream", [True, False])
async def test_stop_sequence_that_ended_it_is_named(
    service: Service, client: httpx.AsyncClient, stream: bool
) -> None:
    service.engine.pieces = ["Hello", " EN", "D", " more"]
    answer = await ask(client, stop_sequences=["END"], stream=stream)
    found = events(answer.text) if stream else []
    told = found[-2]["delta"] if stream else answer.json()
    pieces = [event["delta"] for event in found if event["type"] == "content_block_delta"]
    text = "".join(piece["text"] for piece in (pieces if stream else told["content"]))
    assert text == "Hello "
    assert (told["stop_reason"], told["stop_sequence"]) == ("stop_sequence", "END")


async def test_whole_conversation_reaches_the_engine(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    use = {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Rome"}}
    uses = [use, use | {"id": "c2"}]
    result = {"type": "tool_result", "tool_use_id": "c1"}
    told = {"content": [{"type": "text", "text": "no line"}], "is_error": True}
    failed = result | {"tool_use_id": "c2"} | told
    turns = [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "?", "signature": ""}]},
        {"role": "assistant", "content": [{"type": "text", "text": "I look."}, *uses]},
        {"role": "user", "content": [result | {"content": "sun"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "?", "signature": ""}]},
        {"role": "user", "content": [{"type": "text", "text": "c"}, failed]},
    ]
    await ask(client, messages=turns, system="Be brief.", tools=[WEATHER], temperature=0.5, top_k=3)
    (asked,) = service.engine.requests
    function = {"name": "weather", "arguments": '{"city": "Rome"}'}
    calls = [{"id": name, "type": "function", "function": function} for name in ("c1", "c2")]
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "ab"},
        {"role": "assistant", "content": "I look.", "tool_calls": calls},
        {"role": "tool", "content": "sun", "tool_call_id": "c1"},
        {"role": "tool", "content": "Error: no line", "tool_call_id": "c2"},
        {"role": "user", "content": "c"},
    ]
    assert asked["tools"] == [
        {
            "type": "function",
            "function": {"name": "weather", "parameters": WEATHER["input_schema"]},
        }
    ]
    assert (asked["max_tokens"], asked["temperature"], asked["top_k"]) == (5, 0.5, 3)


@pytest.mark.parametrize(
    ("choice", "sent", "names"),
    [
        ({"type": "auto"}, {"tool_choice": "auto", "parallel_tool_calls": True}, BOTH),
        ({"type": "none"}, {"tool_choice": "none", "parallel_tool_calls": True}, BOTH),
    ],
)
async def test_choice_of_a_tool_is_honoured(
    service: Service,
    client: httpx.AsyncClient,
    choice: object,
    sent: Any,
    names: list[str],
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    await ask(client, tools=[WEATHER, WEATHER | {"name": "time"}], tool_choice=choice)
    (asked,) = service.engine.requests
    assert asked | sent == asked
    assert [tool["function"]["name"] for tool in asked["tools"]] == names


@pytest.mark.parametrize(
    ("choice", "form", "names"),
    [
        ({"type": "any"}, "array", BOTH),
        ({"type": "tool", "name": "time"}, "array", ["time"]),
        ({"type": "tool", "name": "time", **ALONE}, "object", ["time"]),
    ],
)
async def test_choice_of_a_tool_that_must_be_used_is_a_form_of_the_answer(
    service: Service, client: httpx.AsyncClient, choice: object, form: str, names: list[str]
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    await ask(client, tools=[WEATHER, WEATHER | {"name": "time"}], tool_choice=choice)
    (asked,) = service.engine.requests
    assert asked["json_schema"]["type"] == form
    assert [tool["function"]["name"] for tool in asked["tools"]] == names


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"messages": []}, "messages"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]},
            "got 'image', and models here take text only",
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "tool_use", "id": "c", "name": "n", "input": {}}],
                    }
                ]
            },
            "content[0].type': Input should be 'text' or 'tool_result'; got 'tool_use'",
        ),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 5000}, "at most 1024"),
        ({"temperature": 1.5}, "temperature"),
        ({"n_predict": -1}, "n_predict"),
        ({"id_slot": 1}, "id_slot"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "without a budget"),
        (
            {"messages": [{"role": "x", "content": "Hi"}]},
            "'messages[0].role': Input should be 'user'",
        ),
        ({"container": "c"}, "Unsupported parameter: 'container'"),
        ({"tool_choice": {"type": "x"}}, "'auto', 'any', 'tool' or 'none'"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0].type"),
        ({"tools": [WEATHER]}, "no place for tools"),
        ({"tools": [WEATHER] * 2}, "named weather"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "tool_use_id": "c", "content": "sun"}],
                    }
                ]
            },
            "answers no call",
        ),
        ({"tool_choice": {"type": "any"}}, "only allowed with `tools`"),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "x"}}, "none of `tools`"),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool"}}, "'tool_choice.name'"),
        (
            {"tools": [WEATHER], "tool_choice": {"type": "auto", "name": "weather"}},
            "'tool_choice.name'",
        ),
    ],
)
async def test_what_cannot_be_honoured_is_refused_in_anthropic_s_envelope(
    service: Service, client: httpx.AsyncClient, fields: dict[str, Any], what: str
) -> None:
    answer = await ask(client, **fields)
    assert answer.status_code == 400
    body = answer.json()
    assert set(body) == {"type", "error", "request_id"}
    assert set(body["error"]) == {"type", "message"}
    assert body["error"]["type"] == "invalid_request_error"
    assert what in body["error"]["message"]
    assert body["request_id"] == answer.headers["request-id"]
    assert service.engine.requests == []


async def test_most_tokens_have_to_be_said(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/messages", json={"messages": HELLO})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Missing required parameter: 'max_tokens'."


async def test_unknown_path_below_messages_is_refused_in_anthropic_s_envelope(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/v1/messages/batches", json={})
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found_error"


async def test_silence_is_filled_with_pings(
    service: Service, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "OPEN_AFTER_SECONDS", 0.01)
    monkeypatch.setattr(heartbeat, "SILENCE_SECONDS", 0.01)
    service.engine.go.clear()
    asked = {"messages": HELLO, "max_tokens": 5, "stream": True}
    async with client.stream("POST", "/v1/messages", json=asked) as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "event: ping"
        assert await anext(lines) == 'data: {"type": "ping"}'
        service.engine.go.set()
        rest = [line async for line in lines]
    assert "event: message_stop" in rest


@pytest.mark.parametrize("stream", [True, False])
async def test_client_that_leaves_frees_its_slot(
    service: Service, client: httpx.AsyncClient, stream: bool
) -> None:
    service.engine.endless = True
    asking = asyncio.create_task(ask(client, stream=stream))
    await service.engine.wait_for_requests(1)
    asking.cancel()
    async with asyncio.timeout(SOON):
        await service.engine.left.wait()
    await eventually(lambda: service.parts.gate.running == 0)


async def test_prompt_s_length_is_told_at_the_start(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.progress = {"total": 9, "cache": 4, "processed": 4}
    start, *_ = events((await ask(client, stream=True)).text)
    assert start["message"]["usage"]["input_tokens"] == 5
    assert start["message"]["usage"]["cache_read_input_tokens"] == 4


async def test_authorization_goes_before_the_key_s_own_header(client: httpx.AsyncClient) -> None:
    own = {"x-api-key": KEY}
    wrong = {"authorization": "Bearer sk-wrong"}  # what API Gateway leaves in x-api-key is no key
    assert (await client.get("/v1/models", headers=own | wrong)).status_code == 401
    del client.headers["authorization"]
    assert (await client.get("/v1/models", headers=own)).status_code == 200

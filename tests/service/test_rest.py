"""What only REST does: OpenAI's shapes, server-sent events, HTTP's own mistakes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import ValidationError

from service.rest import connection, event_stream
from service.rest.schemas import ChatBody
from tests.service.conftest import KEY, Service, running_service
from tests.service.scripted_engine import ScriptedEngine
from tests.service.test_transports import eventually

MODEL = "smollm2-135m-instruct"
HELLO: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{service.ports.http}",
        headers={"authorization": f"Bearer {KEY}"},
    ) as http:
        yield http


@pytest.fixture
async def sdk(service: Service) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's own SDK, which raises where an answer does not fit its types."""
    url = f"http://127.0.0.1:{service.ports.http}/v1"
    async with openai.AsyncOpenAI(
        base_url=url, api_key=KEY, max_retries=0, _strict_response_validation=True
    ) as sdk:
        yield sdk


def events(text: str) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


async def test_chat_completion_fits_the_openai_sdk(sdk: openai.AsyncOpenAI) -> None:
    answer = await sdk.chat.completions.create(model=MODEL, messages=HELLO)
    assert isinstance(answer, ChatCompletion)
    assert answer.choices[0].message.content == "Hello world"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 7


async def test_streamed_chat_fits_the_openai_sdk(sdk: openai.AsyncOpenAI) -> None:
    stream = await sdk.chat.completions.create(
        model=MODEL, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks: list[ChatCompletionChunk] = [chunk async for chunk in stream]
    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert texts == ["", "Hello", " world", None]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert isinstance(chunks[-1].usage, CompletionUsage)
    assert len({chunk.id for chunk in chunks}) == 1


async def test_completion_fits_the_openai_sdk(sdk: openai.AsyncOpenAI) -> None:
    answer = await sdk.completions.create(model=MODEL, prompt="Hi")
    assert answer.choices[0].text == "Hello world"


async def test_models_fit_the_openai_sdk(sdk: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in sdk.models.list()] == [MODEL]
    assert (await sdk.models.retrieve(MODEL)).id == MODEL
    with pytest.raises(openai.NotFoundError):
        await sdk.models.retrieve("other")


async def test_every_key_that_the_schema_requires_is_there(client: httpx.AsyncClient) -> None:
    chat = (await client.post("/v1/chat/completions", json={"messages": HELLO})).json()
    assert {"id", "object", "created", "model", "system_fingerprint", "choices", "usage"} == set(
        chat
    )
    assert {"index", "message", "logprobs", "finish_reason"} == set(chat["choices"][0])
    assert {"role", "content", "refusal"} == set(chat["choices"][0]["message"])
    text = (await client.post("/v1/completions", json={"prompt": "Hi"})).json()
    assert {"index", "text", "logprobs", "finish_reason"} == set(text["choices"][0])


async def test_usage_is_streamed_only_when_asked_for(client: httpx.AsyncClient) -> None:
    body = {"messages": HELLO, "stream": True}
    without = events((await client.post("/v1/chat/completions", json=body)).text)
    assert not any("usage" in event for event in without)
    asked = body | {"stream_options": {"include_usage": True}}
    with_usage = events((await client.post("/v1/chat/completions", json=asked)).text)
    assert [event["usage"] is None for event in with_usage] == [True] * 4 + [False]
    assert with_usage[-1]["choices"] == []


async def test_max_completion_tokens_is_the_newer_name_of_max_tokens(
    service: Service, client: httpx.AsyncClient
) -> None:
    body = {"messages": HELLO, "max_completion_tokens": 3}
    await client.post("/v1/chat/completions", json=body)
    assert service.engine.requests[0]["max_tokens"] == 3
    both = await client.post("/v1/chat/completions", json=body | {"max_tokens": 3})
    assert both.status_code == 400


async def test_content_parts_and_the_developer_role_reach_the_engine_as_text(
    service: Service, client: httpx.AsyncClient
) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    messages = [{"role": "developer", "content": "c"}, {"role": "user", "content": parts}]
    await client.post("/v1/chat/completions", json={"messages": messages})
    assert service.engine.requests[0]["messages"] == [
        {"role": "system", "content": "c"},
        {"role": "user", "content": "ab"},
    ]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"{", 400, None),
        (b"\xff\xfe", 400, None),
        (b"[]", 400, None),
        (b"{}", 400, "messages"),
        (b'{"messages": []}', 400, "messages"),
        (b'{"messages": "hi"}', 400, "messages"),
        (b'{"messages": [{"role": "robot", "content": "x"}]}', 400, "messages[0].role"),
        (b'{"messages": [{"role": "user", "content": 1}]}', 400, "messages[0].content"),
        (b'{"messages": [{"role": "user", "content": "x"}], "stream": "yes"}', 400, "stream"),
        (b'{"messages": [{"role": "user", "content": "x"}], "max_tokens": "5"}', 400, "max_tokens"),
        (b'{"messages": [{"role": "user", "content": "x"}], "seed": 1e30}', 400, "seed"),
        (b'{"messages": [{"role": "user", "content": "x"}], "n": 2}', 400, "n"),
        (b'{"messages": [{"role": "user", "content": "x"}], "tools": []}', 400, "tools"),
        (b'{"messages": [{"role": "user", "content": "x"}], "model": "m"}', 404, "model"),
    ],
)
async def test_bad_body_is_refused_in_the_envelope_and_the_next_request_works(
    client: httpx.AsyncClient, body: bytes, status: int, param: str | None
) -> None:
    refused = await client.post("/v1/chat/completions", content=body)
    assert refused.status_code == status
    error = refused.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert (await client.post("/v1/chat/completions", json={"messages": HELLO})).status_code == 200


@pytest.mark.settings(max_body_bytes=1024)
@pytest.mark.parametrize("announced", [True, False])
async def test_body_beyond_the_limit_is_refused(client: httpx.AsyncClient, announced: bool) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 512

    content = b"x" * 1536 if announced else unannounced()
    refused = await client.post("/v1/completions", content=content)
    assert refused.status_code == 413
    assert refused.json()["error"]["code"] == "request_too_large"
    assert (await client.post("/v1/completions", json={"prompt": "Hi"})).status_code == 200


async def test_key_is_checked_before_the_body_is_read(client: httpx.AsyncClient) -> None:
    refused = await client.post(
        "/v1/completions", content=b"{", headers={"authorization": "Bearer no"}
    )
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "url", "status"), [("GET", "/nowhere", 404), ("GET", "/v1/completions", 405)]
)
async def test_wrong_address_or_method_is_refused_in_the_envelope(
    client: httpx.AsyncClient, method: str, url: str, status: int
) -> None:
    refused = await client.request(method, url)
    assert refused.status_code == status
    assert set(refused.json()["error"]) == {"message", "type", "param", "code"}


async def test_error_before_the_first_token_is_a_status_for_streams_too(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.parts.gate.close()
    body = {"prompt": "Hi", "stream": True}
    refused = await client.post("/v1/completions", json=body)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1


async def test_error_after_the_first_token_is_an_event_and_the_stream_ends_whole(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.dies_after = 1
    answer = await client.post("/v1/completions", json={"prompt": "Hi", "stream": True})
    assert answer.status_code == 200
    assert events(answer.text)[-1]["error"]["code"] == "engine_unavailable"


async def test_silent_stream_opens_and_sends_comments(
    service: Service, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "OPEN_AFTER_SECONDS", 0.01)
    monkeypatch.setattr(event_stream, "COMMENT_AFTER_SECONDS", 0.02)
    service.engine.go.clear()
    body = {"prompt": "Hi", "stream": True}
    async with client.stream("POST", "/v1/completions", json=body) as answer:
        lines = answer.aiter_lines()
        while not (await anext(lines)).startswith(": "):
            pass
        service.engine.go.set()
        rest = "\n".join([line async for line in lines])
    assert [event["choices"][0]["text"] for event in events(rest)] == ["Hello", " world", ""]


async def test_request_id_comes_from_the_caller_or_is_made(client: httpx.AsyncClient) -> None:
    given = await client.get("/health/live", headers={"x-request-id": "abc-1"})
    assert given.headers["x-request-id"] == "abc-1"
    evil = await client.get("/health/live", headers={"x-request-id": 'a"}\\n{'})
    assert evil.headers["x-request-id"] != 'a"}\\n{'
    assert len(evil.headers["x-request-id"]) == 32


async def test_readiness_follows_the_engine_and_liveness_does_not(
    service: Service, client: httpx.AsyncClient
) -> None:
    assert (await client.get("/health/ready")).status_code == 200
    service.parts.health.set_engine_ready(False)
    not_ready = await client.get("/health/ready")
    assert (not_ready.status_code, not_ready.json()["status"]) == (503, "loading")
    assert (await client.get("/health/live")).status_code == 200


async def test_draining_is_not_ready_but_alive_and_closes_connections(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.parts.health.start_draining()
    not_ready = await client.get("/health/ready")
    assert (not_ready.status_code, not_ready.json()["status"]) == (503, "draining")
    assert not_ready.headers["connection"] == "close"
    assert (await client.get("/health/live")).status_code == 200


@pytest.mark.settings(rest_auth="off")
async def test_no_key_is_asked_for_where_authentication_is_off(client: httpx.AsyncClient) -> None:
    del client.headers["authorization"]
    answer = await client.post("/v1/completions", json={"prompt": "Hi"})
    assert answer.status_code == 200


async def test_client_that_vanishes_without_a_goodbye_frees_its_slot(service: Service) -> None:
    service.engine.go.clear()
    _, writer = await asyncio.open_connection("127.0.0.1", service.ports.http)
    body = b'{"prompt": "Hi", "stream": false}'
    head = f"POST /v1/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
    writer.write(head.encode() + f"content-length: {len(body)}\r\n\r\n".encode() + body)
    await service.engine.wait_for_requests(1)
    writer.transport.abort()
    await eventually(lambda: service.parts.gate.running == 0)
    await asyncio.wait_for(service.engine.left.wait(), 2)


async def test_unexpected_error_in_a_stream_is_an_event_and_the_stream_ends_whole(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.finish_reason = "no such reason"
    answer = await client.post("/v1/completions", json={"prompt": "Hi", "stream": True})
    assert events(answer.text)[-1]["error"]["code"] == "internal_error"
    assert "no such reason" not in answer.text


async def test_trailing_slash_is_not_redirected(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/completions/", json={"prompt": "Hi"})
    assert answer.status_code == 404


async def test_long_list_of_bad_items_costs_one_error() -> None:
    with pytest.raises(ValidationError) as wrong:
        ChatBody.model_validate({"messages": [{}] * 1000})
    assert {error["loc"][:2] for error in wrong.value.errors()} == {("messages", 0)}


async def test_what_is_not_offered_may_be_sent_as_what_it_is_then(
    client: httpx.AsyncClient,
) -> None:
    neutral = {"n": 1, "logprobs": False, "response_format": {"type": "text"}, "logit_bias": None}
    answer = await client.post("/v1/chat/completions", json={"messages": HELLO} | neutral)
    assert answer.status_code == 200


async def test_body_that_does_not_arrive_is_given_up(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", service.ports.http)
    head = f"POST /v1/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
    writer.write(head.encode() + b"content-length: 10\r\n\r\n{")
    assert b" 504 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def test_task_is_not_ready_before_its_keys_were_read_once(
    tmp_path: Path, engine: ScriptedEngine
) -> None:
    async with running_service(tmp_path, engine, keys_ready=False) as service:
        url = f"http://127.0.0.1:{service.ports.http}/health/ready"
        async with httpx.AsyncClient() as http:
            assert (await http.get(url)).status_code == 503
            service.parts.health.set_keys_ready()
            assert (await http.get(url)).status_code == 200

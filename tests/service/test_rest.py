"""What only REST does: OpenAI's shapes, the request's id, a connection that ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.service.conftest import KEY, Service
from tests.service.openai_events import events
from tests.service.transports import eventually
from tests.soon import SOON

MODEL = "smollm2-135m-instruct"
HELLO: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture
async def sdk(service: Service) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's own SDK, which raises where an answer does not fit its types."""
    url = f"http://127.0.0.1:{service.ports.http}/v1"
    async with openai.AsyncOpenAI(
        base_url=url, api_key=KEY, max_retries=0, _strict_response_validation=True
    ) as sdk:
        yield sdk


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
    assert set(chat) == {
        *("id", "object", "created", "model", "system_fingerprint", "service_tier"),
        *("choices", "usage"),
    }
    assert {"index", "message", "logprobs", "finish_reason"} == set(chat["choices"][0])
    message = chat["choices"][0]["message"]
    assert {"role", "content", "refusal", "annotations"} == set(message)
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
    await client.post("/v1/chat/completions", json=body | {"max_tokens": 5})
    assert service.engine.requests[0]["max_tokens"] == 3


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


async def test_request_id_comes_from_the_caller_or_is_made(client: httpx.AsyncClient) -> None:
    given = await client.get("/health/live", headers={"x-request-id": "abc-1"})
    assert given.headers["x-request-id"] == "abc-1"
    evil = await client.get("/health/live", headers={"x-request-id": 'a"}\\n{'})
    assert evil.headers["x-request-id"] != 'a"}\\n{'
    assert len(evil.headers["x-request-id"]) == 32


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
    await asyncio.wait_for(service.engine.left.wait(), SOON)


async def test_what_is_not_offered_may_be_sent_as_what_it_is_then(
    client: httpx.AsyncClient,
) -> None:
    neutral = {"n": 1, "logprobs": False, "response_format": {"type": "text"}, "logit_bias": None}
    answer = await client.post("/v1/chat/completions", json={"messages": HELLO} | neutral)
    assert answer.status_code == 200


async def test_load_balancers_id_is_the_requests_where_its_caller_gave_it_none(
    client: httpx.AsyncClient,
) -> None:
    root = "1-67891233-abcdef012345678912345678"
    traced = {"x-amzn-trace-id": f"Self=1-67891233-12456789abcdef012345678;Root={root};By=app"}
    answer = await client.get("/health/live", headers=traced)
    assert answer.headers["x-request-id"] == root
    both = await client.get("/health/live", headers=traced | {"x-request-id": "abc-1"})
    assert both.headers["x-request-id"] == "abc-1"
    evil = await client.get("/health/live", headers={"x-amzn-trace-id": f"Root={root}x"})
    assert len(evil.headers["x-request-id"]) == 32


async def test_grammar_is_blamed_only_where_one_was_sent(
    service: Service, client: httpx.AsyncClient
) -> None:
    told = {"code": 400, "message": "cannot use 'my grammar'", "type": "invalid_request_error"}
    service.engine.refusal = told
    answers = [
        await client.post("/v1/completions", json={"prompt": "my grammar"} | extra)
        for extra in ({}, {"grammar": 'root ::= "a"'})
    ]
    assert [answer.json()["error"]["param"] for answer in answers] == ["prompt", "grammar"]


@pytest.mark.settings(generation_timeout_seconds=0.05)
@pytest.mark.parametrize(("timeout", "retried"), [("30", "false"), ("0.01", None)])
async def test_only_our_own_limit_has_openais_clients_not_try_again(
    service: Service, client: httpx.AsyncClient, timeout: str, retried: str | None
) -> None:
    service.engine.go.clear()
    headers = {"x-request-timeout": timeout}
    refused = await client.post("/v1/completions", json={"prompt": "Hi"}, headers=headers)
    assert refused.status_code == 504
    assert refused.headers.get("x-should-retry") == retried
    assert int(refused.headers["retry-after"]) >= 1


@pytest.mark.parametrize("timeout", ["0", "0.0", "-1", "1e3", "nan", "inf", "", "x", "1.", ".5"])
async def test_time_that_is_none_is_refused(client: httpx.AsyncClient, timeout: str) -> None:
    headers = {"x-request-timeout": timeout}
    refused = await client.post("/v1/completions", json={"prompt": "Hi"}, headers=headers)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "x-request-timeout")

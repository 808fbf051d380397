"""A key's limits through the whole service: what is counted, what is told, what a reload does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2

from service.keys import StoredKeys
from service.rest.rate_limits import duration
from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
from tests.service.conftest import KEY, Service, stored
from tests.service.transports import Refused, Transport, collect, eventually, rpc_details

NOBODY = StoredKeys(keys=())
CHAT = {"messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
async def rest(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{service.ports.http}",
        headers={"authorization": f"Bearer {KEY}"},
        timeout=30,
    ) as client:
        yield client


async def remaining(rest: httpx.AsyncClient) -> dict[str, int]:
    """Of each limit, as an answer that costs nothing tells it."""
    prefix = "x-ratelimit-remaining-"
    headers = (await rest.get("/v1/models")).headers
    return {
        name.removeprefix(prefix): int(value)
        for name, value in headers.items()
        if name.startswith(prefix)
    }


async def test_tokens_of_prompt_and_answer_are_counted_as_the_engine_counts_them(
    service: Service, transport: Transport, rest: httpx.AsyncClient
) -> None:
    service.replace_keys(stored(requests_per_minute=6, tokens_per_minute=10_000))
    service.engine.prompt_tokens = 4000
    await transport.ask("Hi")
    await collect(transport)
    left = await remaining(rest)
    assert left["requests"] == 4
    assert 1996 <= left["tokens"] < 3000  # of 10,000 less twice 4,002, and what has come back


async def test_key_beyond_its_tokens_is_refused_until_they_are_paid_off(
    service: Service, transport: Transport
) -> None:
    service.replace_keys(stored(tokens_per_minute=100))
    service.engine.prompt_tokens = 298  # and two are generated
    await transport.ask("Hi")
    with pytest.raises(Refused, match="may use 100 tokens per minute") as refused:
        await transport.ask("Hi")
    assert refused.value.retry_after_seconds in range(110, 122)


@pytest.mark.settings(slots=1, max_waiting=0)
async def test_request_that_never_had_a_slot_costs_nothing(
    service: Service, transport: Transport, rest: httpx.AsyncClient
) -> None:
    service.replace_keys(stored(requests_per_minute=4, tokens_per_minute=1_000))
    service.engine.go.clear()
    running = asyncio.create_task(transport.ask("x" * 400))
    await service.engine.wait_for_requests(1)
    assert (await remaining(rest))["tokens"] < 920
    with pytest.raises(Refused, check=lambda error: error.code == "queue_full"):
        await transport.ask("x" * 3600)
    left = await remaining(rest)
    assert left["requests"] == 3
    assert left["tokens"] > 890
    service.engine.go.set()
    await running


async def test_client_that_leaves_pays_for_its_prompt_and_the_pieces_that_came(
    service: Service, transport: Transport, rest: httpx.AsyncClient
) -> None:
    service.replace_keys(stored(tokens_per_minute=1_200))
    service.engine.endless = True
    leaving = asyncio.create_task(collect(transport, "x" * 4000))
    await service.engine.wait_for_requests(1)
    await eventually(lambda: service.engine.written > 200)
    leaving.cancel()
    await eventually(lambda: service.parts.gate.running == 0)
    assert (await remaining(rest))["tokens"] < 100  # about 1,000 and 200, and some came back


async def test_refusal_over_grpc_names_the_quota(service: Service) -> None:
    service.replace_keys(stored(tokens_per_minute=7))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.ports.grpc}") as channel:
        ask: Any = LLMServiceStub(channel).GenerateText  # type: ignore[no-untyped-call]
        sent = (("authorization", f"Bearer {KEY}"),)
        await ask(pb.GenerateTextRequest(prompt="Hi"), metadata=sent)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await ask(pb.GenerateTextRequest(prompt="Hi"), metadata=sent)
    assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    found = error_details_pb2.QuotaFailure()
    assert any(detail.Unpack(found) for detail in rpc_details(error.value))
    (violation,) = found.violations
    assert (violation.subject, violation.description) == ("tester", "7 tokens per minute")
    metadata: Any = error.value.trailing_metadata()
    assert "grpc-retry-pushback-ms" in dict(metadata)


async def test_every_answer_over_rest_tells_how_the_key_stands(
    service: Service, rest: httpx.AsyncClient
) -> None:
    service.replace_keys(stored(requests_per_minute=2, tokens_per_minute=6000))
    wrong = await rest.post("/v1/chat/completions", json=CHAT | {"temperature": 9})
    answered = await rest.post("/v1/chat/completions", json=CHAT)
    streamed = await rest.post("/v1/chat/completions", json=CHAT | {"stream": True})
    refused = await rest.post("/v1/chat/completions", json=CHAT)
    found = [wrong, answered, streamed, refused]
    assert [answer.status_code for answer in found] == [400, 200, 200, 429]
    for name, values in {
        "limit-requests": ["2", "2", "2", "2"],
        "remaining-requests": ["2", "1", "0", "0"],
        "limit-tokens": ["6000"] * 4,
    }.items():
        assert [answer.headers[f"x-ratelimit-{name}"] for answer in found] == values
    assert wrong.headers["x-ratelimit-reset-requests"] == "0s"
    assert 50 < float(refused.headers["x-ratelimit-reset-requests"].removesuffix("s")) < 60
    assert 5980 <= int(refused.headers["x-ratelimit-remaining-tokens"]) <= 6000
    assert "x-ratelimit-reset-tokens" in refused.headers


async def test_refusal_over_rest_has_the_status_pause_and_type_of_openai_s(
    service: Service, rest: httpx.AsyncClient
) -> None:
    service.replace_keys(stored(requests_per_minute=10, tokens_per_minute=7))
    await rest.post("/v1/completions", json={"prompt": "Hi"})
    refused = await rest.post("/v1/completions", json={"prompt": "Hi"})
    error = refused.json()["error"]
    assert (refused.status_code, error["type"]) == (429, "tokens")
    assert int(refused.headers["retry-after"]) in range(1, 10)


async def test_key_without_limits_is_told_nothing(rest: httpx.AsyncClient) -> None:
    answers = [await rest.get("/v1/models"), await rest.post("/v1/chat/completions", json=CHAT)]
    assert not [name for answer in answers for name in answer.headers if "ratelimit" in name]


async def test_limit_that_changes_holds_at_once_and_keeps_what_was_used(
    service: Service, transport: Transport
) -> None:
    service.replace_keys(stored(requests_per_minute=2))
    for _ in range(2):
        await transport.ask("Hi")
    service.replace_keys(stored(requests_per_minute=3))
    await transport.ask("Hi")
    with pytest.raises(Refused, match="may use 3 requests"):
        await transport.ask("Hi")


async def test_open_stream_goes_on_when_its_key_is_taken_away(
    service: Service, transport: Transport
) -> None:
    service.replace_keys(stored(tokens_per_minute=1000))
    service.engine.endless = True
    pieces = transport.stream("Hi")
    await anext(pieces)
    service.replace_keys(NOBODY)
    with pytest.raises(Refused, check=lambda error: error.code == "invalid_api_key"):
        await transport.ask("Hi")
    assert [await anext(pieces) for _ in range(20)]
    service.engine.endless = False
    assert [piece async for piece in pieces if piece not in ("more", " world")] == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.0111, "12ms"),
        (0.9999, "1s"),
        (1, "1s"),
        (1.5, "1.5s"),
        (59.9991, "1m0s"),
        (360, "6m0s"),
        (85_656.648, "23h47m36.648s"),
        (3602, "1h0m2s"),
    ],
)
def test_duration_is_written_as_openai_writes_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text

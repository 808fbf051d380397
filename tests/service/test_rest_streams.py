"""Server-sent events of OpenAI's kind: when they begin, what fills a silence, how they end."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from service import heartbeat
from service.rest import event_stream
from tests.service.conftest import Service
from tests.service.openai_events import events


async def test_error_before_the_first_token_is_a_status_for_streams_too(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.parts.gate.close()
    body = {"prompt": "Hi", "stream": True}
    refused = await client.post("/v1/completions", json=body)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1


@pytest.mark.settings(slots=1, max_wait_seconds=0.2)
async def test_stream_that_waits_for_a_slot_in_vain_is_refused_with_a_status(
    service: Service, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "OPEN_AFTER_SECONDS", 0.01)
    service.engine.go.clear()
    body = {"prompt": "Hi", "stream": True}
    first = asyncio.create_task(client.post("/v1/completions", json=body))
    await service.engine.wait_for_requests(1)
    refused = await client.post("/v1/completions", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "queue_timeout")
    assert int(refused.headers["retry-after"]) >= 1
    service.engine.go.set()
    await first


@pytest.mark.settings(slots=1, max_wait_seconds=1)
async def test_stream_in_the_queue_has_a_status_only_after_the_longest_wait(
    service: Service, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "REFUSAL_SECONDS", -0.9)  # so: before its end
    service.engine.go.clear()
    body = {"prompt": "Hi", "stream": True}
    first = asyncio.create_task(client.post("/v1/completions", json=body))
    await service.engine.wait_for_requests(1)
    answer = await client.post("/v1/completions", json=body)
    assert answer.status_code == 200
    assert events(answer.text)[-1]["error"]["code"] == "queue_timeout"
    service.engine.go.set()
    await first


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
    monkeypatch.setattr(heartbeat, "SILENCE_SECONDS", 0.02)
    service.engine.go.clear()
    body = {"prompt": "Hi", "stream": True}
    async with client.stream("POST", "/v1/completions", json=body) as answer:
        lines = answer.aiter_lines()
        while not (await anext(lines)).startswith(": "):
            pass
        service.engine.go.set()
        rest = "\n".join([line async for line in lines])
    assert [event["choices"][0]["text"] for event in events(rest)] == ["Hello", " world", ""]


async def test_unexpected_error_in_a_stream_is_an_event_and_the_stream_ends_whole(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.finish_reason = "no such reason"
    answer = await client.post("/v1/completions", json={"prompt": "Hi", "stream": True})
    assert events(answer.text)[-1]["error"]["code"] == "internal_error"
    assert "no such reason" not in answer.text

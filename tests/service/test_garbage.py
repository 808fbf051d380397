"""An answer leaves nothing of ours to the garbage collector, which stops all streams to look."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx
import pytest

from service.engine.connection import answer_to
from service.errors import EngineUnavailable
from tests.service.conftest import KEY, Service
from tests.service.garbage import garbage
from tests.service.transports import CHAT, Transport, collect, eventually

REQUESTS = 5
APIS: dict[str, dict[str, Any]] = {
    "/v1/completions": {"prompt": "Hi"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Hi"}]},
    "/v1/messages": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5},
    "/v1/responses": {"input": "Hi"},
}


async def ended(service: Service, outcome: str, count: int) -> None:
    await eventually(lambda: service.outcomes() == {outcome: float(count)})


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("path", APIS)
async def test_answer_by_rest(
    service: Service, client: httpx.AsyncClient, path: str, stream: bool
) -> None:
    body = APIS[path] | {"stream": stream}
    await client.post(path, json=body)  # the first one fills caches
    with garbage() as found:
        for _ in range(REQUESTS):
            assert (await client.post(path, json=body)).status_code == 200
        await ended(service, "ok", REQUESTS + 1)
    assert not found


@pytest.mark.parametrize("head", [{"connection": "close"}, {}], ids=["by us", "by its client"])
async def test_answer_by_rest_on_a_connection_that_is_closed(
    service: Service, head: dict[str, str]
) -> None:
    headers = {"authorization": f"Bearer {KEY}"} | head
    sample = service.parts.metrics.registry.get_sample_value

    async def ask() -> None:
        url = f"http://127.0.0.1:{service.ports.http}/v1/completions"
        async with httpx.AsyncClient(headers=headers) as client:
            assert (await client.post(url, json={"prompt": "Hi"})).status_code == 200

    await ask()
    with garbage() as found:
        for _ in range(REQUESTS):
            await ask()
        await eventually(lambda: sample("llm_http_connections") == 0)
    assert not found


async def test_refusal_by_rest(service: Service, client: httpx.AsyncClient) -> None:
    """By gRPC its library keeps what a refused call has raised, and the call, in a ring."""
    body = {"prompt": "Hi", "max_tokens": -1}
    await client.post("/v1/completions", json=body)
    with garbage() as found:
        for _ in range(REQUESTS):
            assert (await client.post("/v1/completions", json=body)).status_code == 400
        await ended(service, "invalid_value", REQUESTS + 1)
    assert not found


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
async def test_answer_by_grpc(
    service: Service, both: tuple[Transport, Transport], streamed: bool
) -> None:
    _, rpc = both

    async def ask() -> None:
        if streamed:
            await collect(rpc, CHAT)
        else:
            await rpc.ask(CHAT)

    await ask()
    with garbage() as found:
        for _ in range(REQUESTS):
            await ask()
        await ended(service, "ok", REQUESTS + 1)
    assert not found


async def test_engine_that_is_absent() -> None:
    with garbage() as found:
        for _ in range(REQUESTS):
            with suppress(EngineUnavailable):
                async with answer_to("GET", "/health", b"", socket_path="nowhere.sock"):
                    pass
    assert not found

"""An answer leaves nothing of ours to the garbage collector, which stops all streams to look."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from service.engine.connection import answer_to
from service.errors import EngineUnavailable
from service.heartbeat import Heartbeat
from tests.service.conftest import KEY, Service
from tests.service.transports import CHAT, Transport, collect, eventually

REQUESTS = 5
APIS: dict[str, dict[str, Any]] = {
    "/v1/completions": {"prompt": "Hi"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Hi"}]},
    "/v1/messages": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5},
    "/v1/responses": {"input": "Hi"},
}


@contextmanager
def garbage() -> Iterator[Counter[str]]:
    """The service's own objects that nothing but the collector frees, by type, once it is left."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        kinds = [type(each) for each in gc.garbage]
        found.update(str(kind) for kind in kinds if kind.__module__.startswith("service."))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


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
    with garbage() as found, suppress(EngineUnavailable):
        async with answer_to("GET", "/health", b"", socket_path="nowhere.sock"):
            pass
    assert not found


class Owner:
    def __init__(self, *, fails: bool) -> None:
        self.heart = Heartbeat(self._beat, every_seconds=lambda: 0.001)
        self.begun = asyncio.Event()
        self._fails = fails

    async def _beat(self) -> None:
        self.begun.set()
        if self._fails:
            raise ValueError
        await asyncio.Event().wait()


@pytest.mark.parametrize("fails", [True, False], ids=["failed", "under way at the end"])
async def test_beat(fails: bool) -> None:
    with garbage() as found:
        owner = Owner(fails=fails)
        async with owner.heart:
            await owner.begun.wait()
        del owner
    assert not found

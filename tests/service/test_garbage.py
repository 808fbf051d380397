"""A request leaves no ring of objects to the garbage collector, which stops all streams to look."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.service.transports import Transport, collect

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


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("path", APIS)
async def test_answer_by_rest(client: httpx.AsyncClient, path: str, stream: bool) -> None:
    body = APIS[path] | {"stream": stream}
    await client.post(path, json=body)  # the first one fills caches
    with garbage() as found:
        for _ in range(REQUESTS):
            assert (await client.post(path, json=body)).status_code == 200
        await asyncio.sleep(0.1)
    assert not found


async def test_stream(transport: Transport) -> None:
    await collect(transport)
    with garbage() as found:
        for _ in range(REQUESTS):
            assert await collect(transport)
        await asyncio.sleep(0.1)
    assert not found


# gRPC's library keeps what a refused call has raised, and the call, in a ring of its own.
async def test_refusal_by_rest(client: httpx.AsyncClient) -> None:
    body = {"prompt": "Hi", "max_tokens": -1}
    await client.post("/v1/completions", json=body)
    with garbage() as found:
        for _ in range(REQUESTS):
            assert (await client.post("/v1/completions", json=body)).status_code == 400
        await asyncio.sleep(0.1)
    assert not found

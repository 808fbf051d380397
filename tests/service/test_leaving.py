"""A client that leaves frees the real engine, whichever API it asked by and however."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.service.leaving import (
    FREE_SECONDS,
    seconds_to_stop,
    unseen_prompt,
    wait_until_engine_is_idle,
)
from tests.service.process import ServiceProcess, service_process

APIS = ["/v1/messages", "/v1/responses", "/v1/chat/completions"]


@pytest.fixture(scope="module")
def service() -> Iterator[ServiceProcess]:
    with service_process(LLM_REST_AUTH="off", LLM_SLOTS="2") as service:
        service.wait_until_ready()
        yield service


@pytest.fixture(scope="module")
def stop_seconds(service: ServiceProcess) -> float:
    return seconds_to_stop(service)


def asked(path: str, text: str, *, stream: bool) -> dict[str, Any]:
    if path == "/v1/responses":
        return {"input": text, "max_output_tokens": 1000, "stream": stream}
    turns = [{"role": "user", "content": text}]
    return {"messages": turns, "max_tokens": 1000, "stream": stream}


async def leave(service: ServiceProcess, path: str, body: dict[str, Any], *, after: float) -> None:
    """Asks, and closes the connection once it has been at work for so many seconds."""
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        asking = asyncio.create_task(client.post(path, json=body))
        await asyncio.to_thread(service.wait_for_gauge, "llm_requests_running", 1)
        await asyncio.sleep(after)
        assert not asking.done()
        asking.cancel()


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("path", APIS)
async def test_during_a_long_prompt(
    service: ServiceProcess, stop_seconds: float, path: str, stream: bool
) -> None:
    await leave(service, path, asked(path, unseen_prompt(), stream=stream), after=0.3)
    service.wait_for_gauge("llm_requests_running", 0, seconds=FREE_SECONDS)
    wait_until_engine_is_idle(service, seconds=stop_seconds)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("path", APIS)
async def test_while_it_generates(
    service: ServiceProcess, stop_seconds: float, path: str, stream: bool
) -> None:
    story = "Tell a very long story about a dragon."
    await leave(service, path, asked(path, story, stream=stream), after=0.6)
    service.wait_for_gauge("llm_requests_running", 0, seconds=FREE_SECONDS)
    wait_until_engine_is_idle(service, seconds=stop_seconds)

"""A stream that is still open when its event loop ends."""

from __future__ import annotations

import asyncio

import pytest

from llm_on_ecs import AsyncLLMClient, AsyncTextStream, Chunk
from tests.client.scripted_endpoint import Step, scripted
from tests.soon import SOON


async def test_stream_left_open_is_closed_by_the_end_of_its_loop_and_nothing_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept: list[AsyncTextStream] = []  # else it would be closed as garbage, before the end

    async def leave_open(url: str) -> None:
        stream = AsyncLLMClient(url).stream("Hi")
        assert await anext(stream) == Chunk("Hello")
        kept.append(stream)

    async with scripted("rest", Step(ending="hang")) as (endpoint, url):
        await asyncio.to_thread(asyncio.run, leave_open(url))
        await asyncio.wait_for(endpoint.left.wait(), SOON)
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []

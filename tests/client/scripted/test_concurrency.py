"""How many calls a client makes at once."""

from __future__ import annotations

import asyncio

import pytest

from llm_on_ecs import (
    DeadlineExceeded,
)
from service.errors import QueueFull as Full
from tests.client.scripted.calls import LIMIT, Ask
from tests.client.scripted_endpoint import Step
from tests.soon import SOON


async def test_client_makes_no_more_calls_at_once_than_it_may(ask: Ask) -> None:
    async with ask(Step(), max_concurrency=2) as (client, endpoint):
        endpoint.go.clear()
        calls = [asyncio.create_task(client.generate("Hi")) for _ in range(5)]
        async with asyncio.timeout(SOON):
            while endpoint.open < 2:  # noqa: ASYNC110  # no event of its own
                await asyncio.sleep(0.01)
        endpoint.go.set()
        assert {(await call).text for call in calls} == {"Hello world"}
        assert (endpoint.calls, endpoint.most_open) == (5, 2)


async def test_open_streams_hold_their_places_until_they_are_closed(ask: Ask) -> None:
    async with ask(Step(ending="hang"), max_concurrency=1) as (client, endpoint):
        stream = client.stream("Hi")
        await stream.next()
        with pytest.raises(DeadlineExceeded, match="`max_concurrency`"):
            await client.generate("Hi", timeout=0.2)
        assert endpoint.calls == 1
        await stream.close()
        with pytest.raises(DeadlineExceeded):
            await client.generate("Hi", timeout=LIMIT)
        assert endpoint.calls == 2


async def test_pause_between_tries_holds_no_place(ask: Ask) -> None:
    slow = Step(Full("The queue is full.", retry_after_seconds=2))
    async with ask(slow, Step(), max_concurrency=1) as (client, endpoint):
        paused = asyncio.create_task(client.generate("Hi"))
        await asyncio.wait_for(endpoint.arrived.wait(), SOON)
        await client.generate("Hi")
        assert not paused.done()
        assert (await paused).text == "Hello world"

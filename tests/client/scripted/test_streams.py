"""How a stream ends: well, half way, or by its reader."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from llm_on_ecs import (
    AsyncLLMClient,
    Chunk,
    ConnectionFailed,
    EngineUnavailable,
    IncompleteStream,
    UnexpectedAnswer,
    Usage,
)
from tests.client.faces import KINDS, face, read
from tests.client.scripted.calls import FULL, Ask
from tests.client.scripted_endpoint import Step, scripted
from tests.soon import SOON


async def test_stream_ends_with_reason_and_usage(ask: Ask) -> None:
    async with ask(Step()) as (client, _):
        chunks = await read(client.stream("Hi"))
    assert [chunk.text for chunk in chunks if chunk.text] == ["Hello", " world"]
    assert [chunk.finish_reason for chunk in chunks if chunk.finish_reason] == ["stop"]
    assert [chunk.usage for chunk in chunks if chunk.usage] == [Usage(1, 2)]


@pytest.mark.parametrize(
    "first", [FULL, Step(pieces=(), ending="error"), Step(pieces=(), ending="cut")]
)
async def test_stream_that_fails_before_its_first_piece_is_asked_for_again(
    ask: Ask, first: Step
) -> None:
    async with ask(first, Step()) as (client, endpoint):
        stream = client.stream("Hi")
        await read(stream)
        assert (stream.text, endpoint.calls) == ("Hello world", 2)


@pytest.mark.parametrize(
    ("ending", "code", "cause"),
    [
        ("cut", "connection_failed", ConnectionFailed),
        ("error", "engine_unavailable", EngineUnavailable),
        ("nothing", "incomplete_stream", type(None)),
    ],
)
async def test_stream_that_breaks_off_is_an_error_with_its_text_and_never_repeated(
    ask: Ask, ending: Any, code: str, cause: type
) -> None:
    async with ask(Step(ending=ending), Step()) as (client, endpoint):
        stream = client.stream("Hi")
        with pytest.raises(IncompleteStream) as broken:
            await read(stream)
        assert endpoint.calls == 1
    assert (broken.value.text, broken.value.code) == ("Hello world", code)
    assert type(broken.value.__cause__) is cause


@pytest.mark.parametrize("kind", KINDS)
async def test_page_instead_of_a_stream_is_unexpected(kind: str) -> None:
    async with scripted("rest", Step(ending="page")) as (_, url), face(kind, url) as client:
        with pytest.raises(UnexpectedAnswer, match="got content type 'text/html"):
            await read(client.stream("Hi"))


async def test_stream_that_broke_off_stays_ended(ask: Ask) -> None:
    async with ask(Step(ending="nothing")) as (client, endpoint):
        stream = client.stream("Hi")
        with pytest.raises(IncompleteStream):
            await read(stream)
        assert await read(stream) == []
        assert endpoint.calls == 1


async def test_stream_that_ends_without_its_end_has_its_id(ask: Ask) -> None:
    async with ask(Step(ending="nothing")) as (client, endpoint):
        with pytest.raises(IncompleteStream) as broken:
            await read(client.stream("Hi"))
    assert [broken.value.request_id] == endpoint.request_ids


async def test_closing_a_stream_cancels_it(ask: Ask) -> None:
    async with ask(Step(ending="hang")) as (client, endpoint):
        stream = client.stream("Hi")
        assert await stream.next() == Chunk("Hello")
        await stream.close()
        await asyncio.wait_for(endpoint.left.wait(), SOON)
        assert await read(stream) == []


async def test_cancelling_the_task_cancels_the_call(transport: str) -> None:
    async with (
        scripted(transport, Step(ending="hang")) as (endpoint, url),
        AsyncLLMClient(url) as client,
    ):
        asked = asyncio.create_task(client.generate("Hi"))
        await asyncio.wait_for(endpoint.arrived.wait(), SOON)
        asked.cancel()
        await asyncio.wait_for(endpoint.left.wait(), SOON)

"""Retries, deadlines and broken streams, for both clients over both transports."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest

from llm_on_ecs import (
    AsyncLLMClient,
    Chunk,
    ConnectionFailed,
    DeadlineExceeded,
    EngineUnavailable,
    IncompleteStream,
    InvalidRequest,
    LLMError,
    QueueFull,
    UnexpectedAnswer,
    Usage,
)
from service.errors import InvalidRequest as Invalid
from service.errors import QueueFull as Full
from tests.client.faces import KINDS, Face, face, read
from tests.client.scripted_endpoint import REQUEST_ID, ScriptedEndpoint, Step, scripted

KEY = "sk-of-a-test"
FULL = Step(Full("The queue is full.", retry_after_seconds=0))
FULL_FOR_LONG = Step(Full("The queue is full.", retry_after_seconds=60))
SOON = 5.0  # seconds within which something that does not wait has ended
Asked = tuple[Face, ScriptedEndpoint]
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_on_ecs.retries.FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture(params=["rest", "grpc"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=KINDS)
def ask(request: pytest.FixtureRequest, transport: str) -> Ask:
    """A client and an endpoint that plays the steps given."""

    @asynccontextmanager
    async def asked(*steps: Step, **arguments: Any) -> AsyncIterator[Asked]:
        async with (
            scripted(transport, *steps) as (endpoint, url),
            face(request.param, url, api_key=KEY, **arguments) as client,
        ):
            yield client, endpoint

    return asked


async def test_call_that_is_refused_for_now_is_made_again(ask: Ask) -> None:
    async with ask(FULL, FULL, Step()) as (client, endpoint):
        assert (await client.generate("Hi")).text == "Hello world"
        assert endpoint.calls == 3


async def test_retries_are_bounded_and_end_in_the_error(ask: Ask) -> None:
    async with ask(FULL, max_retries=1) as (client, endpoint):
        with pytest.raises(QueueFull):
            await client.generate("Hi")
        assert endpoint.calls == 2


async def test_error_has_code_request_id_and_the_pause_asked_for(ask: Ask) -> None:
    async with ask(FULL_FOR_LONG, max_retries=0) as (client, _):
        with pytest.raises(QueueFull) as refused:
            await client.generate("Hi")
    error = refused.value
    assert (error.code, error.request_id, error.retry_after_seconds) == (
        "queue_full",
        REQUEST_ID,
        60,
    )


async def test_pause_beyond_the_deadline_is_not_waited_for(ask: Ask) -> None:
    started = time.monotonic()
    async with ask(FULL_FOR_LONG, timeout=30) as (client, endpoint):
        with pytest.raises(QueueFull):
            await client.generate("Hi")
        assert endpoint.calls == 1
    assert time.monotonic() - started < SOON


async def test_wrong_request_is_not_made_again(ask: Ask) -> None:
    wrong = Invalid.of_field("top_p", "too much")
    async with ask(Step(wrong)) as (client, endpoint):
        with pytest.raises(InvalidRequest, match="top_p") as refused:
            await client.generate("Hi")
        assert (endpoint.calls, refused.value.param) == (1, "top_p")


@pytest.mark.parametrize(
    "options", [{"temperature": "hot"}, {"model": "\ud800"}, {"seed": object()}]
)
async def test_value_that_cannot_be_sent_is_a_wrong_request(
    ask: Ask, options: dict[str, Any]
) -> None:
    async with ask(Step(Invalid.of_field("temperature", "no number"))) as (client, _):
        with pytest.raises(InvalidRequest):
            await client.generate("Hi", **options)


async def test_connection_that_ends_before_an_answer_is_tried_again(ask: Ask) -> None:
    async with ask(Step(ending="cut"), Step()) as (client, endpoint):
        assert (await client.generate("Hi")).text == "Hello world"
        assert endpoint.calls == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_endpoint_that_is_not_there_is_a_failed_connection(transport: str, kind: str) -> None:
    async with scripted(transport, Step()) as (_, url):
        pass  # and is gone
    async with face(kind, url, max_retries=1) as client:
        with pytest.raises(ConnectionFailed):
            await client.generate("Hi")


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


async def test_deadline_ends_a_call_that_is_not_answered(ask: Ask) -> None:
    started = time.monotonic()
    async with ask(Step(ending="hang")) as (client, endpoint):
        with pytest.raises(DeadlineExceeded):
            await client.generate("Hi", timeout=0.3)
        await asyncio.wait_for(endpoint.left.wait(), SOON)
        assert endpoint.calls == 1
    assert 0.3 <= time.monotonic() - started < SOON


@pytest.mark.parametrize("ending", ["hang", "trickle"])
async def test_deadline_ends_a_stream_however_much_comes(ask: Ask, ending: Any) -> None:
    started = time.monotonic()
    async with ask(Step(ending=ending)) as (client, endpoint):
        stream = client.stream("Hi", timeout=0.3)
        with pytest.raises(IncompleteStream) as broken:
            await read(stream)
        assert 0.3 <= time.monotonic() - started < SOON
        await asyncio.wait_for(endpoint.left.wait(), SOON)
    assert broken.value.code == "deadline_exceeded"
    assert broken.value.text.startswith("Hello world")


@pytest.fixture
def unreachable() -> Iterator[str]:
    """An address that takes no connection and refuses none: its queue of them is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, ExitStack() as waiting:
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("kind", KINDS)
async def test_deadline_that_passes_while_connecting_is_the_error(
    transport: str, kind: str, unreachable: str
) -> None:
    url = f"{'http' if transport == 'rest' else 'grpc'}://{unreachable}"
    async with face(kind, url, timeout=0.3) as client:
        with pytest.raises(DeadlineExceeded):
            await client.generate("Hi")


async def test_deadline_of_the_client_holds_where_a_call_names_none(ask: Ask) -> None:
    async with ask(Step(ending="hang"), timeout=0.3) as (client, _):
        with pytest.raises(DeadlineExceeded):
            await client.generate("Hi")


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


async def told(call: Awaitable[object]) -> str:
    """All that a program prints of the error."""
    with pytest.raises(LLMError) as failed:
        await call
    return "".join(traceback.format_exception(failed.value)) + repr(vars(failed.value))


async def test_key_is_sent_and_is_in_no_error_and_no_log(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    steps = (FULL, Step(ending="cut"), Step(ending="hang"))
    async with ask(*steps, max_retries=0) as (client, endpoint):
        texts = [await told(client.generate("Hi", timeout=0.5)) for _ in steps]
        await asyncio.wait_for(endpoint.left.wait(), SOON)
        assert endpoint.keys == [f"Bearer {KEY}"] * 3
    assert KEY not in "".join(texts) + caplog.text

"""A deadline holds whatever the endpoint does, or does not."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from llm_on_ecs import (
    DeadlineExceeded,
    IncompleteStream,
)
from tests.client.faces import KINDS, face, read
from tests.client.scripted.calls import ABOUT, LIMIT, Ask
from tests.client.scripted_endpoint import Step
from tests.soon import SOON


async def test_deadline_ends_a_call_that_is_not_answered(ask: Ask) -> None:
    started = time.monotonic()
    async with ask(Step(ending="hang")) as (client, endpoint):
        with pytest.raises(DeadlineExceeded):
            await client.generate("Hi", timeout=LIMIT)
        await asyncio.wait_for(endpoint.left.wait(), SOON)
        assert endpoint.calls == 1
    assert ABOUT <= time.monotonic() - started < SOON


@pytest.mark.parametrize("ending", ["hang", "trickle"])
async def test_deadline_ends_a_stream_however_much_comes(ask: Ask, ending: Any) -> None:
    started = time.monotonic()
    async with ask(Step(ending=ending)) as (client, endpoint):
        stream = client.stream("Hi", timeout=LIMIT)
        with pytest.raises(IncompleteStream) as broken:
            await read(stream)
        assert ABOUT <= time.monotonic() - started < SOON
        await asyncio.wait_for(endpoint.left.wait(), SOON)
    assert broken.value.code == "deadline_exceeded"
    assert broken.value.text.startswith("Hello world")


async def test_call_that_nobody_answered_has_the_id_that_it_was_sent_with(ask: Ask) -> None:
    async with ask(Step(ending="hang")) as (client, endpoint):
        with pytest.raises(DeadlineExceeded) as late:
            await client.generate("Hi", timeout=LIMIT)
        stream = client.stream("Hi", timeout=LIMIT)
        with pytest.raises(IncompleteStream) as broken:
            await read(stream)
    assert len(set(endpoint.request_ids)) == 2
    assert [late.value.request_id, broken.value.request_id] == endpoint.request_ids


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
    async with face(kind, url, timeout=LIMIT) as client:
        with pytest.raises(DeadlineExceeded):
            await client.generate("Hi")


async def test_deadline_of_the_client_holds_where_a_call_names_none(ask: Ask) -> None:
    async with ask(Step(ending="hang"), timeout=LIMIT) as (client, _):
        with pytest.raises(DeadlineExceeded):
            await client.generate("Hi")

"""Which calls are made again, and with which error those end that are not."""

from __future__ import annotations

import time
from typing import Any

import pytest

from llm_on_ecs import (
    ConnectionFailed,
    InvalidRequest,
    QueueFull,
)
from service.errors import InvalidRequest as Invalid
from tests.client.faces import KINDS, face
from tests.client.scripted.calls import FULL, FULL_FOR_LONG, Ask
from tests.client.scripted_endpoint import REQUEST_ID, Step, scripted
from tests.soon import SOON


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


async def test_tries_of_a_call_have_one_id(ask: Ask) -> None:
    async with ask(FULL, FULL, Step()) as (client, endpoint):
        await client.generate("Hi")
    assert len(endpoint.request_ids) == 3
    assert len(set(endpoint.request_ids)) == 1

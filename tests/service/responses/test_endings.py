"""OpenAI's Responses API: how it ends otherwise than well."""

from __future__ import annotations

import asyncio

import httpx
import openai
import pytest

from tests.service.conftest import Service
from tests.service.responses.asking import ask, streamed
from tests.service.transports import eventually
from tests.soon import SOON


async def test_engine_that_dies_on_the_way_is_a_failed_response(
    service: Service, sdk: openai.AsyncOpenAI
) -> None:
    service.engine.dies_after = 1
    events = await streamed(sdk)
    error, failed = events[-2:]
    assert error.type == "error"
    assert error.code == "engine_unavailable"
    assert failed.type == "response.failed"
    assert failed.response.error is not None
    assert failed.response.output_text == "Hello"


async def test_error_before_the_first_event_is_a_status(
    service: Service, sdk: openai.AsyncOpenAI
) -> None:
    service.parts.gate.close()
    with pytest.raises(openai.InternalServerError) as refused:
        await streamed(sdk)
    assert refused.value.status_code == 503
    assert refused.value.code == "draining"


@pytest.mark.parametrize("stream", [True, False])
async def test_client_that_leaves_frees_its_slot(
    service: Service, client: httpx.AsyncClient, stream: bool
) -> None:
    service.engine.endless = True
    asking = asyncio.create_task(ask(client, stream=stream))
    await service.engine.wait_for_requests(1)
    asking.cancel()
    async with asyncio.timeout(SOON):
        await service.engine.left.wait()
    await eventually(lambda: service.parts.gate.running == 0)

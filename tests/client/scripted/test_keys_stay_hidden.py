"""Keys are sent, and are in no error and no log."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable

import pytest

from llm_on_ecs import (
    LLMError,
)
from tests.client.faces import KINDS, face
from tests.client.scripted.calls import FULL, KEY, LIMIT, Ask
from tests.client.scripted_endpoint import Step, scripted
from tests.soon import SOON


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
        texts = [await told(client.generate("Hi", timeout=LIMIT)) for _ in steps]
        await asyncio.wait_for(endpoint.left.wait(), SOON)
        assert endpoint.keys == [f"Bearer {KEY}"] * 3
    assert KEY not in "".join(texts) + caplog.text


@pytest.mark.parametrize("kind", KINDS)
async def test_gateway_s_key_is_sent_over_rest_and_is_in_no_error_and_no_log(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        scripted("rest", FULL, Step(ending="cut")) as (endpoint, url),
        face(kind, url, api_key=KEY, gateway_api_key="gw-of-a-test", max_retries=0) as client,
    ):
        texts = [await told(client.generate("Hi")) for _ in range(2)]
    assert endpoint.gateway_keys == ["gw-of-a-test"] * 2
    assert endpoint.keys == [f"Bearer {KEY}"] * 2
    assert "gw-of-a-test" not in "".join(texts) + caplog.text

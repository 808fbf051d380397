"""OpenAI's SDK before a model with tools."""

from __future__ import annotations

from collections.abc import AsyncIterator

import openai
import pytest

from service.engine.capabilities import Capabilities
from tests.service.conftest import KEY, Service


@pytest.fixture
async def sdk(service: Service) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's own SDK, which raises where an answer does not fit its types."""
    service.parts.engine.capabilities = Capabilities(tools=True)
    url = f"http://127.0.0.1:{service.ports.http}/v1"
    async with openai.AsyncOpenAI(
        base_url=url, api_key=KEY, max_retries=0, _strict_response_validation=True
    ) as sdk:
        yield sdk

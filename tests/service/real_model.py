"""Asks the real model by OpenAI's SDK."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import openai

from tests.service.conftest import KEY
from tests.service.process import ServiceProcess

MODEL = "smollm2-135m-instruct"
STORY = "Tell me a long story about a fox."


def sdk(service: ServiceProcess) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url=f"{service.url}/v1",
        api_key=KEY,
        max_retries=0,
        timeout=60,
        _strict_response_validation=True,
    )


async def tell(
    client: openai.AsyncOpenAI, *, tokens: int, started: asyncio.Event | None = None
) -> tuple[int, str | None]:
    """Streams a story; the number of pieces and the finish reason."""
    pieces, reason = 0, None
    stream = await client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": STORY}],
        stream=True,
        max_tokens=tokens,
        temperature=0,
    )
    async for chunk in stream:
        pieces += bool(chunk.choices[0].delta.content)
        reason = chunk.choices[0].finish_reason or reason
        if started is not None:
            started.set()
    return pieces, reason


async def seconds_until(holds: Callable[[], bool]) -> float:
    begun = time.monotonic()
    while not await asyncio.to_thread(holds):
        await asyncio.sleep(0.02)
        assert time.monotonic() - begun < 30
    return time.monotonic() - begun

"""A steady load of streams from OpenAI's SDK, each of which must end whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import openai

from tests.e2e.conftest import Endpoints

MODEL = "smollm2-135m-instruct"


@dataclass
class Tally:
    """How the streams ended: `whole`, or with what error, and after how many seconds of load."""

    whole: int = 0
    errors: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def failed(self, error: Exception) -> None:
        seconds = time.monotonic() - self.started
        self.errors.append(f"after {seconds:.1f} s: {error!r} from {error.__cause__!r}")


def sdk(endpoints: Endpoints) -> openai.AsyncOpenAI:
    """Retries are off: nothing may hide a cut stream."""
    return openai.AsyncOpenAI(
        base_url=f"{endpoints.http}/v1", api_key=endpoints.api_key, max_retries=0, timeout=120
    )


async def story(client: openai.AsyncOpenAI, number: int, *, tokens: int) -> str | None:
    """Streams a story; its finish reason, None where the stream ended without one."""
    reason = None
    stream = await client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": f"Tell me a story about the number {number}."}],
        max_tokens=tokens,
        stream=True,
    )
    async for chunk in stream:
        reason = chunk.choices[0].finish_reason or reason
    return reason


async def keep_streaming(client: openai.AsyncOpenAI, number: int, tally: Tally) -> None:
    while True:
        try:
            finished = await story(client, number, tokens=100)
        except openai.APIError as error:
            tally.failed(error)
            await asyncio.sleep(0.2)
        else:
            tally.whole += finished is not None
            if finished is None:
                tally.failed(RuntimeError("the stream ended without a finish reason"))


@asynccontextmanager
async def steady_load(endpoints: Endpoints, *, streams: int) -> AsyncIterator[Tally]:
    """Streams go on, one after the other in each of `streams` places, while the context is open."""
    tally = Tally()
    async with sdk(endpoints) as client:
        places = [
            asyncio.create_task(keep_streaming(client, number, tally)) for number in range(streams)
        ]
        try:
            yield tally
        finally:
            for place in places:
                place.cancel()
            await asyncio.gather(*places, return_exceptions=True)

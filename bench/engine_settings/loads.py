"""What the engine is given to do, and the one figure that each gives."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.engine import Engine
from service.model.trial.speed import (
    PROMPT_TOKENS,
    SINGLE_TOKENS,
    STREAMS,
    Draw,
    prompt_rate,
    rate_together,
    single_rate,
    streams_rate,
)

SYSTEM_TOKENS = 400  # a system prompt of 300 words
QUESTION_TOKENS = 24
LEFT_AFTER_SECONDS = 0.3
SETTLED_SECONDS = 3  # by then the prompts of all streams are read
STREAM_TOKENS = 700  # with the prompt within the context

Measure = Callable[[Engine, Draw], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Load:
    """One piece of work, and what its figure is in."""

    name: str
    unit: str
    measure: Measure


async def streams_beside_other_work(engine: Engine, draw: Draw) -> float:
    """While another process wants one processor all the time."""
    with other_work():
        return await streams_rate(engine, draw)


@contextmanager
def other_work() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def repetitive(engine: Engine, draw: Draw) -> float:
    """One stream that says again what its prompt says, as an edit of a text does."""
    answer = await engine.complete(repeated(draw), tokens=SINGLE_TOKENS)
    return float(answer["timings"]["predicted_per_second"])


async def eight_repetitive(engine: Engine, draw: Draw) -> float:
    """Of such streams together, their prompts included."""
    prompts = [repeated(draw) for _ in range(STREAMS)]
    return await rate_together(engine, prompts, tokens=SINGLE_TOKENS)


async def beside_repetitive(engine: Engine, draw: Draw) -> float:
    """Seconds to the first token of a prompt beside seven streams that guess well."""
    streams = [
        asyncio.create_task(engine.complete(repeated(draw), tokens=STREAM_TOKENS))
        for _ in range(STREAMS - 1)
    ]
    await asyncio.sleep(SETTLED_SECONDS)
    begun = time.monotonic()
    await engine.complete(draw(PROMPT_TOKENS), tokens=1)
    waited = time.monotonic() - begun
    if any(stream.done() for stream in streams):
        raise RuntimeError("a stream ended before the prompt was read; make them longer")
    for stream in streams:
        stream.cancel()
    return waited


def repeated(draw: Draw) -> list[int]:
    return draw(48) * 4


async def shared_prefix(engine: Engine, draw: Draw) -> float:
    """Milliseconds to the first token: the mean of 16 questions after one system prompt."""
    system = draw(SYSTEM_TOKENS)

    async def ask() -> float:
        begun = time.monotonic()
        # Whether the system prompt is kept is the engine's own setting, which is asked about.
        await engine.complete(system + draw(QUESTION_TOKENS), tokens=1, cache_prompt=None)
        return (time.monotonic() - begun) * 1000

    waits: list[float] = []
    for _ in range(STREAMS):
        waits += await asyncio.gather(ask(), ask())
    return sum(waits) / len(waits)


async def leaving(engine: Engine, draw: Draw) -> float:
    """Seconds from when a client leaves in its prompt until the only slot serves the next one."""
    await engine.leave(draw(900), after_seconds=LEFT_AFTER_SECONDS)
    begun = time.monotonic()
    await engine.complete(draw(2), tokens=1)
    return time.monotonic() - begun


PROMPT = Load("512-token prompt", "tok/s", prompt_rate)
SINGLE = Load("1 stream", "tok/s", single_rate)
EIGHT = Load("8 streams", "tok/s", streams_rate)
BESIDE = Load("8 streams beside other work", "tok/s", streams_beside_other_work)
REPETITIVE = Load("1 stream that repeats its prompt", "tok/s", repetitive)
BESIDE_REPETITIVE = Load(
    "512-token prompt beside 7 streams that repeat theirs", "s", beside_repetitive
)
EIGHT_REPETITIVE = Load("8 streams that repeat their prompts", "tok/s", eight_repetitive)
PREFIX = Load("first token after a shared prompt", "ms", shared_prefix)
LEAVING = Load("slot free after a client left", "s", leaving)

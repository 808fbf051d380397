"""What the engine is given to do, and the one figure that each gives."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.engine import Engine

PROMPT_TOKENS = 512
SINGLE_TOKENS = 64
STREAMS = 8
STREAM_TOKENS = 32
SYSTEM_TOKENS = 400  # a system prompt of 300 words
QUESTION_TOKENS = 24
LEFT_AFTER_SECONDS = 0.3
# Below these ids are the tokenizer's control tokens.
FIRST_TEXT_TOKEN = 100
LAST_TEXT_TOKEN = 40_000

Measure = Callable[[Engine, random.Random], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Load:
    """One piece of work; `more_is_better` says which way its figure points."""

    name: str
    unit: str
    measure: Measure
    more_is_better: bool = True


def some_tokens(words: random.Random, count: int) -> list[int]:
    """Without meaning, so that no two prompts begin alike and nothing is cached."""
    return [words.randrange(FIRST_TEXT_TOKEN, LAST_TEXT_TOKEN) for _ in range(count)]


async def prompt(engine: Engine, words: random.Random) -> float:
    answer = await engine.complete(some_tokens(words, PROMPT_TOKENS), tokens=1)
    return float(answer["timings"]["prompt_per_second"])


async def single(engine: Engine, words: random.Random) -> float:
    answer = await engine.complete(some_tokens(words, 8), tokens=SINGLE_TOKENS)
    return float(answer["timings"]["predicted_per_second"])


async def streams(engine: Engine, words: random.Random) -> float:
    """All tokens together, by the clock, their short prompts included."""
    begun = time.monotonic()
    await asyncio.gather(
        *(engine.complete(some_tokens(words, 8), tokens=STREAM_TOKENS) for _ in range(STREAMS))
    )
    return STREAMS * STREAM_TOKENS / (time.monotonic() - begun)


async def streams_beside_other_work(engine: Engine, words: random.Random) -> float:
    """While another process wants one processor all the time."""
    with other_work():
        return await streams(engine, words)


@contextmanager
def other_work() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def repetitive(engine: Engine, words: random.Random) -> float:
    """One stream that says again what its prompt says, as an edit of a text does."""
    sentence = some_tokens(words, 48)
    answer = await engine.complete(sentence * 4, tokens=SINGLE_TOKENS)
    return float(answer["timings"]["predicted_per_second"])


async def shared_prefix(engine: Engine, words: random.Random) -> float:
    """Milliseconds to the first token: the mean of 16 questions after one system prompt."""
    system = some_tokens(words, SYSTEM_TOKENS)

    async def ask() -> float:
        begun = time.monotonic()
        await engine.complete(
            system + some_tokens(words, QUESTION_TOKENS), tokens=1, cache_prompt=True
        )
        return (time.monotonic() - begun) * 1000

    waits: list[float] = []
    for _ in range(STREAMS):
        waits += await asyncio.gather(ask(), ask())
    return sum(waits) / len(waits)


async def leaving(engine: Engine, words: random.Random) -> float:
    """Seconds from when a client leaves in its prompt until the only slot serves the next one."""
    await engine.leave(some_tokens(words, 900), after_seconds=LEFT_AFTER_SECONDS)
    begun = time.monotonic()
    await engine.complete(some_tokens(words, 2), tokens=1)
    return time.monotonic() - begun


PROMPT = Load("512-token prompt", "tok/s", prompt)
SINGLE = Load("1 stream", "tok/s", single)
EIGHT = Load("8 streams", "tok/s", streams)
BESIDE = Load("8 streams beside other work", "tok/s", streams_beside_other_work)
REPETITIVE = Load("1 stream that repeats its prompt", "tok/s", repetitive)
PREFIX = Load("first token after a shared prompt", "ms", shared_prefix, more_is_better=False)
LEAVING = Load("slot free after a client left", "s", leaving, more_is_better=False)

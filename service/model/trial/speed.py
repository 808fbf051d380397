"""How fast the engine computes with a file, on this machine, at this moment."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import geometric_mean, median
from typing import Final

from service.model.trial.engine import Runner, TriedEngine, engine_with
from service.model.trial.loss import TEXT

PROMPT_TOKENS: Final = 512
SINGLE_TOKENS: Final = 64
STREAMS: Final = 8
STREAM_TOKENS: Final = 32

Draw = Callable[[int], list[int]]
"""So many tokens at random: no two prompts begin alike, and nothing is cached."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second: of a prompt of 512, of one answer alone, of 8 at once together."""

    prompt: float
    single: float
    streams: float

    def against(self, other: Speed) -> Speed:
        """In parts of the other's."""
        return Speed(*(mine / its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def mean(self) -> float:
        """Geometric: a speed that doubles makes good for one that halves."""
        return float(geometric_mean(astuple(self)))

    def cells(self) -> list[str]:
        return [f"{speed:.0f}" for speed in astuple(self)]

    @classmethod
    def typical(cls, rounds: Sequence[Speed]) -> Speed:
        """The medians: a burst of other work spoils some rounds, and not these."""
        return cls(*map(median, zip(*map(astuple, rounds), strict=True)))


async def measured_speed(file: Path, runner: Runner, *, seed: int) -> Speed:
    """One round. The seed chooses the tokens, which are the same for all files of a round."""
    async with engine_with(file, runner, slots=STREAMS) as engine:
        draw = await drawn_by(engine, seed=seed)
        await engine.complete(draw(32), tokens=8)  # the first one pays for all
        return Speed(
            prompt=await prompt_rate(engine, draw),
            single=await single_rate(engine, draw),
            streams=await streams_rate(engine, draw),
        )


async def drawn_by(engine: TriedEngine, *, seed: int) -> Draw:
    """Of the tokens of our text, so that they are in the model's vocabulary."""
    known = await engine.tokens(TEXT.read_text())
    choices = random.Random(seed).choices  # noqa: S311 - no secret
    return lambda count: choices(known, k=count)


async def prompt_rate(engine: TriedEngine, draw: Draw) -> float:
    answer = await engine.complete(draw(PROMPT_TOKENS), tokens=1)
    return float(answer["timings"]["prompt_per_second"])


async def single_rate(engine: TriedEngine, draw: Draw) -> float:
    answer = await engine.complete(draw(8), tokens=SINGLE_TOKENS)
    return float(answer["timings"]["predicted_per_second"])


async def streams_rate(engine: TriedEngine, draw: Draw) -> float:
    """Of all streams together, their short prompts included."""
    return await rate_together(engine, [draw(8) for _ in range(STREAMS)], tokens=STREAM_TOKENS)


async def rate_together(engine: TriedEngine, prompts: Sequence[list[int]], *, tokens: int) -> float:
    """Of answers to all prompts at once, each of so many tokens; the prompts' time counts."""
    started = time.monotonic()
    await asyncio.gather(*(engine.complete(prompt, tokens=tokens) for prompt in prompts))
    return len(prompts) * tokens / (time.monotonic() - started)

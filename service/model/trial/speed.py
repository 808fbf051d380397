"""How fast the engine computes with a file, on this machine, at this moment."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import geometric_mean, median
from typing import Final

from service.model.trial.engine import TriedEngine, engine_with
from service.model.trial.loss import TEXT

PROMPT_TOKENS: Final = 512
SINGLE_TOKENS: Final = 64
STREAMS: Final = 8
STREAM_TOKENS: Final = 32


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


async def measured_speed(file: Path, *, threads: int, seed: int) -> Speed:
    """One round. The seed chooses the tokens, which are the same for all files of a round."""
    draw = random.Random(seed).choices  # noqa: S311 - no secret
    async with engine_with(file, threads=threads, slots=STREAMS) as engine:
        known = await engine.tokens(TEXT.read_text())
        await engine.complete(draw(known, k=32), tokens=8)  # the first one pays for all
        prompt = await engine.complete(draw(known, k=PROMPT_TOKENS), tokens=1)
        single = await engine.complete(draw(known, k=8), tokens=SINGLE_TOKENS)
        return Speed(
            prompt=prompt["timings"]["prompt_per_second"],
            single=single["timings"]["predicted_per_second"],
            streams=await streams_rate(engine, [draw(known, k=8) for _ in range(STREAMS)]),
        )


async def streams_rate(engine: TriedEngine, prompts: list[list[int]]) -> float:
    """Of all streams together, their short prompts included."""
    started = time.monotonic()
    await asyncio.gather(*(engine.complete(prompt, tokens=STREAM_TOKENS) for prompt in prompts))
    return len(prompts) * STREAM_TOKENS / (time.monotonic() - started)

"""How far a file's likelihoods of the next token are from another's, on a text that we keep."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Final

from service.model.errors import ModelError
from service.model.trial.engine import Likelihoods, Runner, TriedEngine, engine_with

TEXT: Final = Path(__file__).with_name("text.txt")
TOKENS: Final = 48  # of each passage
# The likeliest tokens are compared one by one, the others together as one.
LIKELY: Final = 1000


@dataclass(frozen=True, slots=True)
class Loss:
    """`divergence`: mean Kullback-Leibler divergence, in nats. `same`: at what share of the
    positions the likeliest token is the same."""

    divergence: float
    same: float

    @classmethod
    def between(cls, reference: Sequence[Likelihoods], other: Sequence[Likelihoods]) -> Loss:
        pairs = list(zip(reference, other, strict=True))
        return cls(
            divergence=mean(divergence(one, two) for one, two in pairs),
            same=mean(likeliest(one) == likeliest(two) for one, two in pairs),
        )


async def likelihoods_of(file: Path, runner: Runner) -> list[Likelihoods]:
    """At each position of each passage: eight passages at once, as the engine computes fastest."""
    passages = TEXT.read_text().split("\n\n")
    async with engine_with(file, runner, slots=len(passages)) as engine:
        found = await asyncio.gather(
            *(of_passage(engine, text, slot=slot) for slot, text in enumerate(passages))
        )
    return [position for passage in found for position in passage]


async def of_passage(engine: TriedEngine, text: str, *, slot: int) -> list[Likelihoods]:
    """The engine computes one token each time: it keeps what it had before."""
    tokens = (await engine.tokens(text))[:TOKENS]
    (*_, sampled) = await engine.tokens("a")
    return [
        await engine.likelihoods(tokens[:end], slot=slot, likely=LIKELY, sampled=sampled)
        for end in range(1, len(tokens) + 1)
    ]


def divergence(reference: Likelihoods, other: Likelihoods) -> float:
    """Kullback-Leibler, in nats; tokens that one of the two does not tell count as one token.

    That merging can only make it smaller.
    """
    told = reference.keys() & other.keys()
    sum_ = sum(reference[token] * math.log(reference[token] / other[token]) for token in told)
    rest, other_rest = (
        max(1 - sum(of[token] for token in told), 1e-9) for of in (reference, other)
    )
    result = sum_ + rest * math.log(rest / other_rest)
    if not math.isfinite(result):
        raise ModelError("the weights give no numbers")
    return result


def likeliest(of: Likelihoods) -> int:
    return max(of, key=lambda token: of[token])

"""Prompts of a given length in tokens, each of which was never asked before."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bench.streams import Question

# With the space before it each is one token of the bundled model's vocabulary, and of most others':
# `usage` says how many there were.
NOUNS = (
    "apple answer autumn bank basket bird boat bread bridge brother bucket butter candle castle "
    "chair circle city cloud coat coffee corner cotton country cream dance desert dinner doctor "
    "dream drum eagle earth engine evening family farm feather field finger fire flower forest "
    "friend garden glass gold green hammer heart hill honey horse house island jacket journey "
    "kitchen lake lamp leaf letter library light lion market meadow milk mirror monkey moon "
    "morning mountain music needle night north ocean office orange paper pencil piano picture "
    "pillow planet pocket potato queen rabbit rain river road rose salt school season shadow shelf "
    "silver sister snow spring stone storm street summer sugar table teacher thread tiger tower "
    "train tree valley village violin wagon water window winter wolf wood yellow"
)
WORDS = tuple(NOUNS.split())


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of a prompt and of its answer; `shared` more stand before every prompt, the same."""

    prompt: int
    output: int
    shared: int = 0

    def __str__(self) -> str:
        """`64 + 32`, and what is shared before that."""
        parts = [self.shared, self.prompt, self.output]
        return " + ".join(str(part) for part in parts if part)

    @property
    def total(self) -> int:
        return self.shared + self.prompt + self.output


def question(choice: random.Random, lengths: Lengths) -> Question:
    """The next one by this choice."""
    system = words(random.Random(0), lengths.shared)  # noqa: S311 - no secret
    return Question(words(choice, lengths.prompt), lengths.output, system)


def questions(count: int, lengths: Lengths, *, seed: str) -> list[Question]:
    """The same ones for the same seed, and others for another."""
    choice = random.Random(seed)  # noqa: S311 - no secret
    return [question(choice, lengths) for _ in range(count)]


def words(choice: random.Random, count: int) -> str:
    """So many of them at random, a space before each."""
    return "".join(f" {word}" for word in choice.choices(WORDS, k=count))

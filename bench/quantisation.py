"""Size, speed and loss of the bundled model in the types that `prepare` can write.

    python -m bench.quantisation

Speed is llama.cpp's own timing of the engine that tasks run, on this machine, at this moment: the
types take turns in every round, and the table has medians. Loss is against the shipped file, whose
own loss against the original weights nobody here knows.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

from bench.engine import Engine, engine_with
from service.model.bundled import bundled_model_path
from service.model.progress import Progress
from service.model.requantisation import requantise

TEXT = Path(__file__).with_suffix(".txt")
SHIPPED = "shipped (Q4_1)"
TYPES = ("Q4_0", "Q5_0", "Q5_1", "Q8_0", "F16")
PROMPT_TOKENS = 512
SINGLE_TOKENS = 64
STREAMS = 8
STREAM_TOKENS = 32
# The most likely tokens that are compared one by one, of 49,152; the others as one.
LIKELY = 5000
# Below these ids are the tokenizer's control tokens.
FIRST_TEXT_TOKEN = 100

Likelihoods = dict[int, float]


@dataclass
class Measured:
    """One type: its file, the rounds' speeds in tokens per second, and the loss."""

    file: Path
    prompt: list[float] = field(default_factory=list)
    single: list[float] = field(default_factory=list)
    streams: list[float] = field(default_factory=list)
    divergence: float = 0.0
    same_first: float = 1.0

    def row(self, name: str) -> str:
        speeds = (self.prompt, self.single, self.streams)
        cells = [name, f"{self.file.stat().st_size / 1e6:.0f} MB"]
        cells += [f"{median(speed):.0f}" for speed in speeds]
        cells += [f"{self.divergence:.4f}", f"{self.same_first:.0%}"]
        return f"| {' | '.join(cells)} |"


async def measure_speed(measured: Measured, *, threads: int, seed: int) -> None:
    """One round. Random prompts, so that nothing is cached."""
    words = random.Random(seed)  # noqa: S311 - no secret
    async with engine_with(measured.file, threads=threads, slots=STREAMS) as engine:
        await engine.complete(some_tokens(words, 32), tokens=8)  # the first one pays for all
        prompt = await engine.complete(some_tokens(words, PROMPT_TOKENS), tokens=1)
        measured.prompt.append(prompt["timings"]["prompt_per_second"])
        single = await engine.complete(some_tokens(words, 8), tokens=SINGLE_TOKENS)
        measured.single.append(single["timings"]["predicted_per_second"])
        measured.streams.append(await streams_rate(engine, words))


async def streams_rate(engine: Engine, words: random.Random) -> float:
    """Tokens per second of all streams together, their short prompts included."""
    started = time.monotonic()
    await asyncio.gather(
        *(engine.complete(some_tokens(words, 8), tokens=STREAM_TOKENS) for _ in range(STREAMS))
    )
    return STREAMS * STREAM_TOKENS / (time.monotonic() - started)


def some_tokens(words: random.Random, count: int) -> list[int]:
    return [words.randrange(FIRST_TEXT_TOKEN, 40_000) for _ in range(count)]


async def likelihoods(file: Path, *, threads: int, positions: int) -> list[Likelihoods]:
    """The model's likelihood of each likely next token, at the first positions of the text."""
    async with engine_with(file, threads=threads, slots=1) as engine:
        tokens = (await engine.tokens(TEXT.read_text()))[: positions + 1]
        if len(tokens) <= positions:
            raise SystemExit(
                f"--positions: got {positions}; choose at most {len(tokens) - 1}, "
                f"the length of {TEXT.name} in tokens"
            )
        return [await next_likelihoods(engine, tokens[:end]) for end in range(1, positions + 1)]


async def next_likelihoods(engine: Engine, prefix: list[int]) -> Likelihoods:
    """The engine computes the last token only: it keeps the prefix of the call before."""
    answer = await engine.complete(prefix, tokens=1, n_probs=LIKELY, cache_prompt=True)
    (position,) = answer["completion_probabilities"]
    return {item["id"]: math.exp(item["logprob"]) for item in position["top_logprobs"]}


def divergence(reference: Likelihoods, other: Likelihoods) -> float:
    """Kullback-Leibler, in nats; tokens that one of the two does not tell count as one token.

    That merging can only make it smaller; with 5000 tokens told it hides below 0.001 of the mass.
    """
    told = reference.keys() & other.keys()
    sum_ = sum(reference[token] * math.log(reference[token] / other[token]) for token in told)
    rest, other_rest = (
        max(1 - sum(of[token] for token in told), 1e-9) for of in (reference, other)
    )
    return sum_ + rest * math.log(rest / other_rest)


def first(of: Likelihoods) -> int:
    return max(of, key=lambda token: of[token])


async def measure_loss(table: dict[str, Measured], *, threads: int, positions: int) -> None:
    reference = await likelihoods(table[SHIPPED].file, threads=threads, positions=positions)
    for name, measured in table.items():
        own = await likelihoods(measured.file, threads=threads, positions=positions)
        pairs = list(zip(reference, own, strict=True))
        measured.divergence = mean(divergence(a, b) for a, b in pairs)
        measured.same_first = mean(first(a) == first(b) for a, b in pairs)
        say(f"loss: {measured.row(name)}")


async def compare(folder: Path, *, rounds: int, positions: int, threads: int) -> None:
    table = {SHIPPED: Measured(bundled_model_path())}
    for name in TYPES:
        progress = Progress(f"requantising to {name}", sys.stderr)
        file = folder / f"{name}.gguf"
        requantise(table[SHIPPED].file, file, type_name=name, on_progress=progress)
        progress.finish()
        table[name] = Measured(file)
    for turn in range(rounds):
        for name, measured in table.items():
            await measure_speed(measured, threads=threads, seed=turn)
            say(f"round {turn + 1} of {rounds}: {measured.row(name)}")
    await measure_loss(table, threads=threads, positions=positions)
    print(report(table, rounds=rounds, positions=positions, threads=threads))


def report(table: dict[str, Measured], *, rounds: int, positions: int, threads: int) -> str:
    head = [
        "| type | file | prompt | 1 stream | 8 streams | divergence | same token |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = [measured.row(name) for name, measured in table.items()]
    how = (
        f"Tokens per second with {threads} engine threads, medians of {rounds} rounds; loss at "
        f"{positions} positions of {TEXT.name}."
    )
    return "\n".join([*head, *rows, "", how])


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.quantisation")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--positions", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quantisation-") as folder:
        asyncio.run(compare(Path(folder), **vars(arguments)))


if __name__ == "__main__":
    main()

"""Measures the engine's settings one by one: `python -m bench.engine_settings [QUESTION ...]`.

In each round every variant starts an engine of its own and does the same work; the table has the
medians over the rounds and their ratio to the first variant, which is what tasks have.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.engine import Variant, engine_with
from bench.engine_settings.loads import Load, some_tokens
from bench.engine_settings.questions import QUESTIONS, Question
from service.model.bundled import bundled_model_path

Figures = dict[str, dict[Load, list[float]]]


async def answer(question: Question, *, file: Path, threads: int, rounds: int) -> Figures:
    """The figures of each variant, round by round."""
    found: Figures = {name: {load: [] for load in question.loads} for name in question.variants}
    for number in range(rounds):
        for name, variant in question.variants.items():
            say(f"round {number + 1} of {rounds}: {name}")
            figures = await one_round(question, variant, file=file, threads=threads, seed=number)
            for load, figure in figures.items():
                found[name][load].append(figure)
    return found


async def one_round(
    question: Question, variant: Variant, *, file: Path, threads: int, seed: int
) -> dict[Load, float]:
    words = random.Random(seed)  # noqa: S311 - no secret
    async with engine_with(file, threads=threads, slots=question.slots, variant=variant) as engine:
        await engine.complete(some_tokens(words, 32), tokens=8)  # the first one pays for all
        return {load: await load.measure(engine, words) for load in question.loads}


def table(found: Figures) -> Iterator[str]:
    """Markdown: medians, and in brackets their ratio to the first variant's."""
    baseline = next(iter(found.values()))
    heads = [f"{load.name}, {load.unit}" for load in baseline]
    yield f"| | {' | '.join(heads)} |"
    yield f"|---|{'---|' * len(heads)}"
    for name, figures in found.items():
        cells = [cell(median(values), median(baseline[load])) for load, values in figures.items()]
        yield f"| {name} | {' | '.join(cells)} |"


def cell(value: float, reference: float) -> str:
    return f"{value:.3g} ({value / reference:.2f})"


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.engine_settings")
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=f"{', '.join(QUESTIONS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--model", type=Path, default=bundled_model_path())
    arguments = parser.parse_args()
    if unknown := set(arguments.questions) - QUESTIONS.keys():
        parser.error(f"got {', '.join(sorted(unknown))}; choose of {', '.join(QUESTIONS)}")
    for name in arguments.questions or QUESTIONS:
        work = answer(
            QUESTIONS[name],
            file=arguments.model,
            threads=arguments.threads,
            rounds=arguments.rounds,
        )
        print(f"\n{name}\n", *table(asyncio.run(work)), sep="\n", flush=True)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(
        f"\n{arguments.model.name}, {arguments.threads} threads, {arguments.rounds} rounds; "
        f"{os.cpu_count()} processors, load averages {load}"
    )


if __name__ == "__main__":
    main()

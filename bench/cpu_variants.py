"""What an engine built for the processor brings: each variant that this machine can run.

    make engine
    python -m bench.cpu_variants --rounds 5

By turns with the wheel's engine, the same file in both: the speeds, their ratio to the wheel's, and
how far what is computed is from the wheel's. A processor without AVX-512 has the figures of
`haswell` at best, one with VNNI and without AMX those of `icelake`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

from bench.machine import how_busy
from bench.ours import CPU_ENGINE
from bench.progress import say
from service.model.bundled import bundled_model_path
from service.model.errors import ModelError
from service.model.trial import contest
from service.model.trial.engine import Likelihoods, Runner
from service.model.trial.loss import Loss, likelihoods_of
from service.model.trial.speed import Speed, measured_speed

VARIANT = "libggml-cpu-*.so"
WHEEL = "the wheel's"
HEAD = ("engine", *contest.HEAD[2:])  # each has the same file


def variant_alone(name: str, folder: Path) -> str:
    """The program with this one variant beside it, so that it has no choice."""
    folder.mkdir()
    for file in CPU_ENGINE.parent.iterdir():
        if not file.match(VARIANT) or file.name == f"libggml-cpu-{name}.so":
            # The program looks for its variants where it lies itself: a link would lead away.
            os.link(file, folder / file.name)
    return str(folder / CPU_ENGINE.name)


async def likelihoods_by(file: Path, runners: Mapping[str, Runner]) -> dict[str, list[Likelihoods]]:
    """Of those that run here, which is not one whose instructions the processor lacks."""
    found = {}
    for name, runner in runners.items():
        try:
            found[name] = await likelihoods_of(file, runner)
        except ModelError as error:
            say(f"{name} is left out. {error}")
    return found


async def compare(
    file: Path, runners: Mapping[str, Runner], *, rounds: int
) -> tuple[dict[str, Loss], dict[str, list[Speed]]]:
    likelihoods = await likelihoods_by(file, runners)
    speeds: dict[str, list[Speed]] = {name: [] for name in likelihoods}
    for turn in range(rounds):
        for name, measured in speeds.items():
            say(f"round {turn + 1} of {rounds}: {name}")
            measured.append(await measured_speed(file, runners[name], seed=turn))
    losses = {name: Loss.between(likelihoods[WHEEL], of) for name, of in likelihoods.items()}
    return losses, speeds


def rows(losses: Mapping[str, Loss], speeds: Mapping[str, Sequence[Speed]]) -> Iterator[list[str]]:
    """Medians, and in brackets the median of the rounds' ratios to the wheel's."""
    for name, own in speeds.items():
        pairs = zip(own, speeds[WHEEL], strict=True)
        ratios = Speed.typical([mine.against(its) for mine, its in pairs])
        cells = [
            f"{value:.0f} ({ratio:.2f})"
            for value, ratio in zip(astuple(Speed.typical(own)), astuple(ratios), strict=True)
        ]
        yield [name, f"{losses[name].divergence:.4f}", f"{losses[name].same:.0%}", *cells]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cpu_variants")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--model", type=Path, default=bundled_model_path())
    parser.add_argument(
        "--variants", nargs="*", default=["haswell", "skylakex", "icelake", "sapphirerapids"]
    )
    arguments = parser.parse_args()
    if not CPU_ENGINE.exists():
        parser.error("no engine is built; run: make engine")
    for name in arguments.variants:
        if not (CPU_ENGINE.parent / f"libggml-cpu-{name}.so").exists():
            parser.error(f"got {name}, which is not in {CPU_ENGINE.parent}")
    with tempfile.TemporaryDirectory(prefix="variants-", dir=CPU_ENGINE.parent.parent) as folder:
        runners = {WHEEL: Runner(arguments.threads)} | {
            name: Runner(arguments.threads, variant_alone(name, Path(folder) / name))
            for name in arguments.variants
        }
        work = compare(arguments.model, runners, rounds=arguments.rounds)
        losses, speeds = asyncio.run(work)
    print(contest.table(HEAD, list(rows(losses, speeds))))
    print(
        f"\n{arguments.model.name}, {arguments.threads} threads, {arguments.rounds} rounds; "
        f"{how_busy()}"
    )


if __name__ == "__main__":
    main()

"""The service against its peers, in one run: what of the bars on tokens a second is reached."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench.bars import (
    LLAMA_CPP_PYTHON,
    LOSSLESS,
    PREPARED,
    PREPARED_PROMPT,
    PREPARED_SINGLE,
    SAME_WEIGHTS,
    Bar,
    Reached,
)
from bench.endpoints import Endpoint, Setup
from bench.generator.loads import Load, Streams
from bench.generator.rounds import Measured, Plan, measure
from bench.generator.servers import Say, Server, started, targets_of
from bench.generator.table import Value, cell, of_target, rate, ratio, total_rate
from bench.ours import CPU_ENGINE, Ours
from bench.peers import llama_cpp_python, llama_server
from bench.prompts import Lengths
from bench.streams import COMPLETIONS
from service.model.bundled import bundled_model_path
from service.model.preparation import written_in
from service.model.trial.engine import Runner
from service.model.trial.loss import Loss, likelihoods_of

EIGHT = Streams(8, 16, Lengths(64, 64))
ONE = Streams(1, 3, Lengths(64, 64))
PROMPTS = replace(ONE, lengths=Lengths(512, 1))
CONTEXT_TOKENS = 768
OURS, OURS_LOSSLESS, OURS_PREPARED = "llm-on-ecs", "llm-on-ecs, lossless", "llm-on-ecs, prepared"
OURS_WHEEL = "llm-on-ecs, the wheel's engine"
SHIPPED = "as shipped"
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Weights:
    """The shipped file, as it is or in another type, and what is lost by it, in words."""

    file: Path
    loss: str


def weights(types: Mapping[str, str], runner: Runner, *, folder: Path) -> dict[str, Weights]:
    """By the name of the target, from its type. Takes half a minute for each and one more.

    The loss is from the shipped file in the wheel's engine: what the runner's rounds is in it.
    """
    source, found = bundled_model_path(), dict[str, Weights]()
    reference = asyncio.run(likelihoods_of(source, Runner(runner.threads)))
    for target, type_name in types.items():
        file = source
        if type_name != SHIPPED:
            file = folder / f"{type_name}.gguf"
            written_in(type_name, source, file)
        own = asyncio.run(likelihoods_of(file, runner))
        loss = Loss.between(reference, own)
        found[target] = Weights(
            file,
            f"{type_name}, divergence {loss.divergence:.3f}, same token {loss.same:.0%}",
        )
    return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """One bar: whose speed under which load is held against whose."""

    bar: Bar
    load: Load
    target: str
    peer: str = llama_server.PEER.name
    speed: Value = rate


COMPARISONS = (
    Comparison(SAME_WEIGHTS, EIGHT, OURS),
    Comparison(LOSSLESS, EIGHT, OURS_LOSSLESS),
    Comparison(PREPARED, EIGHT, OURS_PREPARED),
    Comparison(PREPARED_SINGLE, ONE, OURS_PREPARED),
    Comparison(PREPARED_PROMPT, PROMPTS, OURS_PREPARED, speed=total_rate),
    Comparison(LLAMA_CPP_PYTHON, EIGHT, OURS, llama_cpp_python.PEER.name),
)


def compared(*, lossless: str, prepared: str, threads: int, say: Say) -> list[Reached]:
    """What was there to be measured; of the rest it is said what is missing. By types' names. The
    service runs the engine that `make engine` built, where it has, and beside it the wheel's."""
    shipped = Setup(
        file=bundled_model_path(),
        threads=threads,
        slots=EIGHT.streams,
        context_tokens=CONTEXT_TOKENS,
    )
    types = {OURS: SHIPPED, OURS_LOSSLESS: lossless, OURS_PREPARED: prepared}
    engine = str(CPU_ENGINE) if CPU_ENGINE.exists() else ""
    with TemporaryDirectory(prefix="comparison-") as folder:
        made = weights(types, Runner(threads, engine), folder=Path(folder))
        wanted: list[tuple[Server, Setup]] = [
            (Ours(name=name, engine_program=engine), replace(shipped, file=each.file))
            for name, each in made.items()
        ]
        wanted += [(Ours(name=OURS_WHEEL), shipped)] if engine else []
        wanted += [(llama_server.PEER, shipped), (llama_cpp_python.PEER, shipped)]
        with started(wanted, say=say) as endpoints:
            turns = uvloop.run(all_turns(endpoints, say))
    return list(reached(turns, {name: each.loss for name, each in made.items()}))


async def all_turns(endpoints: Sequence[Endpoint], say: Say) -> list[Measured]:
    """Every server under each load."""
    plan = Plan(loads=[EIGHT, ONE, PROMPTS], rounds=ROUNDS, seed=int(time.time()))
    async with targets_of(endpoints, path=COMPLETIONS, grpc=False) as targets:
        return await measure(targets, plan, say=say)


def reached(turns: Sequence[Measured], losses: Mapping[str, str]) -> Iterator[Reached]:
    """Of each comparison for which both were measured: the median of the rounds' ratios."""
    for each in COMPARISONS:
        under = [turn for turn in turns if turn.load == each.load.label]
        own, other = of_target(under, each.target), of_target(under, each.peer)
        if own and other:
            told = f"{cell(map(each.speed, own))} against {cell(map(each.speed, other))} tokens/s"
            if loss := losses.get(each.target):
                told += f"; {loss}"
            if each.target == OURS and (wheel := of_target(under, OURS_WHEEL)):
                told += f"; the wheel's engine {ratio(wheel, other, each.speed):.2f} times"
            yield Reached(each.bar, ratio(own, other, each.speed), told)

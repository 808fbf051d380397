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
from bench.ours import Ours
from bench.peers import llama_cpp_python, llama_server
from bench.prompts import Lengths
from bench.streams import COMPLETIONS
from service.model.bundled import bundled_model_path
from service.model.preparation import written_in
from service.model.trial.loss import Loss, likelihoods_of

EIGHT = Streams(8, 16, Lengths(64, 64))
ONE = Streams(1, 3, Lengths(64, 64))
PROMPTS = replace(ONE, lengths=Lengths(512, 1))
SLOW = replace(EIGHT, requests=8, lengths=Lengths(64, 32))  # for a peer that answers one by one
CONTEXT_TOKENS = 768
OURS, OURS_LOSSLESS, OURS_PREPARED = "llm-on-ecs", "llm-on-ecs, lossless", "llm-on-ecs, prepared"
ROUNDS, SLOW_ROUNDS = 5, 3


@dataclass(frozen=True, slots=True)
class Weights:
    """The shipped file written in another type, and what that lost, in words."""

    file: Path
    loss: str


def weights(types: Mapping[str, str], *, threads: int, folder: Path) -> dict[str, Weights]:
    """By the name of the target, from its type. Takes half a minute for each and one more."""
    source, found = bundled_model_path(), dict[str, Weights]()
    reference = asyncio.run(likelihoods_of(source, threads=threads))
    for target, type_name in types.items():
        file = folder / f"{type_name}.gguf"
        written_in(type_name, source, file)
        own = asyncio.run(likelihoods_of(file, threads=threads))
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
    Comparison(LLAMA_CPP_PYTHON, SLOW, OURS, llama_cpp_python.PEER.name),
)


def compared(*, lossless: str, prepared: str, threads: int, say: Say) -> list[Reached]:
    """What was there to be measured; of the rest it is said what is missing. By types' names."""
    shipped = Setup(
        file=bundled_model_path(),
        threads=threads,
        slots=EIGHT.streams,
        context_tokens=CONTEXT_TOKENS,
    )
    types = {OURS_LOSSLESS: lossless, OURS_PREPARED: prepared}
    with TemporaryDirectory(prefix="comparison-") as folder:
        made = weights(types, threads=threads, folder=Path(folder))
        wanted: list[tuple[Server, Setup]] = [(Ours(name=OURS), shipped)]
        wanted += [
            (Ours(name=name), replace(shipped, file=each.file)) for name, each in made.items()
        ]
        wanted += [(llama_server.PEER, shipped), (llama_cpp_python.PEER, shipped)]
        with started(wanted, say=say) as endpoints:
            turns = uvloop.run(all_turns(endpoints, say))
    return list(reached(turns, {name: each.loss for name, each in made.items()}))


async def all_turns(endpoints: Sequence[Endpoint], say: Say) -> list[Measured]:
    """All but the slow peer under each load, and then that one with the service, fewer times."""
    seed = int(time.time())
    slow = [item for item in endpoints if item.name == llama_cpp_python.PEER.name]
    others = [item for item in endpoints if item not in slow]
    plan = Plan(loads=[EIGHT, ONE, PROMPTS], rounds=ROUNDS, seed=seed)
    async with targets_of(others, path=COMPLETIONS, grpc=False) as targets:
        turns = await measure(targets, plan, say=say)
    if slow:
        plan = Plan(loads=[SLOW], rounds=SLOW_ROUNDS, seed=seed)
        async with targets_of([others[0], *slow], path=COMPLETIONS, grpc=False) as targets:
            turns += await measure(targets, plan, say=say)
    return turns


def reached(turns: Sequence[Measured], losses: Mapping[str, str]) -> Iterator[Reached]:
    """Of each comparison for which both were measured: the median of the rounds' ratios."""
    for each in COMPARISONS:
        under = [turn for turn in turns if turn.load == each.load.label]
        own, other = of_target(under, each.target), of_target(under, each.peer)
        if own and other:
            told = f"{cell(map(each.speed, own))} against {cell(map(each.speed, other))} tokens/s"
            if loss := losses.get(each.target):
                told += f"; {loss}"
            yield Reached(each.bar, ratio(own, other, each.speed), told)

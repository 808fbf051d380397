"""What the gateway adds to an engine's latency.

    python -m bench.latency
    python -m bench.latency --engine real

The same client asks the engine on its socket, and through the service by REST and by gRPC. The
engine of fixed pace is a process of its own behind the service as it is deployed, and writes into
each token when it left; the ways take turns in every round, because a machine's noise comes and
goes. The real engine's own times vary more than what is added: there every stream takes turns.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import aiohttp
import psutil
import uvloop

from bench.bars import ADDED_MEDIAN, ADDED_P99, Bar, Reached
from bench.figures import FIRST, Way
from bench.machine import how_busy
from bench.paced.environment import paced_environment
from bench.progress import say
from bench.prompts import Lengths, questions
from bench.streams import Answer, Ask, Question, over_grpc, over_http
from tests.service.process import ServiceProcess, service_process

DIRECT = "direct"
PROMPT_TOKENS = 6  # few: the real engine's work on a prompt varies more than what is measured


@dataclass(frozen=True)
class Load:
    """So many streams at a time, the next in a place when the one before ended."""

    streams: int
    tokens: int
    requests: int


LOADS = {
    "paced": (Load(1, 4, 100), Load(8, 32, 104), Load(64, 64, 256)),
    "real": (Load(1, 8, 150), Load(8, 16, 240)),
}


Answers = dict[str, list[Answer]]


async def put(load: Load, ways: dict[str, Ask], *, pace_ms: float, seed: str) -> Answers:
    """The answers by each way, which each place takes in turn.

    Places begin spread over a stream's length, as callers would.
    """
    left = iter(questions(load.requests, Lengths(PROMPT_TOKENS, load.tokens), seed=seed))
    answers: Answers = {name: [] for name in ways}

    async def place(number: int) -> None:
        await asyncio.sleep(number / load.streams * load.tokens * pace_ms / 1000)
        for name in islice(cycle(ways), number, None):
            if not (question := next(left, None)):
                break
            answers[name].append(await ways[name](question))

    async with asyncio.TaskGroup() as places:
        for number in range(load.streams):
            places.create_task(place(number))
    return answers


class Bench:
    """The ways to the engine, and what each round of each way and load showed."""

    def __init__(self, service: ServiceProcess, ways: dict[str, Ask], *, pace_ms: float) -> None:
        self._gateway = psutil.Process(service.process.pid)
        self._ways = ways
        self._pace_ms = pace_ms
        self.measured: dict[Load, dict[str, Way]] = {}

    async def one_by_one(self, number: int, load: Load) -> None:
        """Each way has all the streams, another one first in each round."""
        names = list(self._ways)
        for turn in range(len(names)):
            name = names[(turn + number) % len(names)]
            before = self._cpu_seconds()
            answers = await put(
                load, {name: self._ways[name]}, pace_ms=self._pace_ms, seed=f"{number} {turn}"
            )
            used = self._cpu_seconds() - before
            self._way(load, name).add(answers[name], stamped=True, gateway_cpu_seconds=used)

    async def all_at_once(self, number: int, load: Load) -> None:
        """The ways share the streams, so that a real engine is as busy with one as with another."""
        answers = await put(load, self._ways, pace_ms=0, seed=f"{number}")
        for name, found in answers.items():
            self._way(load, name).add(found, stamped=False)

    def _way(self, load: Load, name: str) -> Way:
        return self.measured.setdefault(load, {}).setdefault(name, Way())

    def _cpu_seconds(self) -> float:
        times = self._gateway.cpu_times()
        return times.user + times.system


@asynccontextmanager
async def ways_to(service: ServiceProcess) -> AsyncIterator[dict[str, Ask]]:
    socket = json.loads(service.engine().cmdline()[-1])["socket_path"]
    async with AsyncExitStack() as stack:
        # The engine takes a connection for each request only.
        fresh = aiohttp.UnixConnector(socket, limit=0, force_close=True)
        direct = over_http("http://engine", connector=fresh)
        yield {
            DIRECT: await stack.enter_async_context(direct),
            "REST": await stack.enter_async_context(over_http(service.url)),
            "gRPC": await stack.enter_async_context(over_grpc(service.grpc_port)),
        }


async def measure(engine: str, *, pace_ms: float, rounds: int) -> Bench:
    most = max(load.streams for load in LOADS[engine])
    with service_process(
        **(paced_environment(pace_ms=pace_ms) if engine == "paced" else {}),
        LLM_REST_AUTH="off",
        LLM_SLOTS=str(most),
        LLM_CONTEXT_TOKENS="256",
        LLM_PROMPT_CACHE_MIB="0",
        LLM_METRICS_PERIOD_SECONDS="20",  # a stage's own; in tests they are written all the time
    ) as service:
        service.wait_until_ready()
        async with ways_to(service) as ways:
            bench = Bench(service, ways, pace_ms=pace_ms)
            turn = bench.one_by_one if engine == "paced" else bench.all_at_once
            for ask in ways.values():
                await ask(Question("the first one pays for all", 4))
            for number in range(rounds):
                for load in LOADS[engine]:
                    say(f"round {number + 1} of {rounds}: {load.streams} streams")
                    await turn(number, load)
    return bench


def reached(*, pace_ms: float = 20, rounds: int = 4) -> list[Reached]:
    """The worst of all loads and both ways, by turns with the engine of fixed pace itself."""
    gc.disable()  # a look for the client's garbage would count as the gateway's delay
    bench = uvloop.run(measure("paced", pace_ms=pace_ms, rounds=rounds))
    gc.enable()
    added = {
        f"{load.streams} x {name}": way.added(FIRST, ways[DIRECT])
        for load, ways in bench.measured.items()
        for name, way in ways.items()
        if name != DIRECT
    }
    medians = {which: each.median for which, each in added.items()}
    tails = {which: each.p99 for which, each in added.items()}
    return [worst(ADDED_MEDIAN, medians), worst(ADDED_P99, tails)]


def worst(bar: Bar, values: Mapping[str, float]) -> Reached:
    """The greatest; all of them stand beside it."""
    told = ", ".join(f"{which} {value:.2f}" for which, value in values.items())
    return Reached(bar, max(values.values()), told)


def table(bench: Bench) -> str:
    """In milliseconds; of what was added, the median over the rounds."""
    lines = [
        "| streams | way | quantity | median | p99 | added median | added p99 |",
        "|---|---|---|---|---|---|---|",
    ]
    for load, ways in bench.measured.items():
        for name, way in ways.items():
            for quantity in way.turns:
                lines.append(row(load, name, quantity, way, ways[DIRECT]))
    return "\n".join(lines)


def row(load: Load, name: str, quantity: str, way: Way, direct: Way) -> str:
    whole, added = way.typical(quantity), way.added(quantity, direct)
    cells = [f"{whole.median:.2f}", f"{whole.p99:.2f}"]
    cells += ["", ""] if way is direct else [f"{added.median:+.2f}", f"{added.p99:+.2f}"]
    return f"| {' | '.join([str(load.streams), name, quantity, *cells])} |"


def document(bench: Bench) -> list[dict[str, object]]:
    """All turns, for whoever compares two runs."""
    return [
        {"load": asdict(load), "way": name} | asdict(way)
        for load, ways in bench.measured.items()
        for name, way in ways.items()
    ]


def cpu_sentence(bench: Bench) -> str:
    """The one figure that other work on the machine blurs little."""
    costs = [
        f"{median(way.cpu_microseconds):.0f} µs at {load.streams} streams of {name}"
        for load, ways in bench.measured.items()
        for name, way in ways.items()
        if name != DIRECT and way.cpu_microseconds
    ]
    return f"The gateway's processor time per token: {', '.join(costs)}." if costs else ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.latency")
    parser.add_argument("--engine", choices=list(LOADS), default="paced")
    parser.add_argument("--pace-ms", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--json", type=Path, help="write every turn's figures into this file")
    arguments = parser.parse_args()
    gc.disable()  # a look for the client's garbage would count as the gateway's delay
    work = measure(arguments.engine, pace_ms=arguments.pace_ms, rounds=arguments.rounds)
    bench = uvloop.run(work)
    print(table(bench))
    print()
    print(cpu_sentence(bench))
    print(f"{how_busy()} at the end; milliseconds.")
    if arguments.json:
        arguments.json.write_text(json.dumps(document(bench), indent=1))


if __name__ == "__main__":
    main()

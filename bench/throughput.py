"""What a task of this machine's size generates a second, when its slots are always taken.

    python -m bench.throughput --threads 2

The service as it is deployed, with the bundled model. `make cost` takes the figure as
TOKENS_PER_SECOND. Where other programs load the machine it is too low: the share of the processors'
time that the service got says how much.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from dataclasses import dataclass
from statistics import median

import psutil
import uvloop

from bench.prompts import Lengths, questions
from bench.streams import Ask, over_http
from tests.service.process import ServiceProcess, service_process

PROMPT_WORDS = 40  # a question with little context


@dataclass(frozen=True, slots=True)
class Round:
    """Tokens a second, and the processors that the service kept busy meanwhile."""

    rate: float
    processors: float


class Bench:
    """Asks for so many answers at once, round after round."""

    def __init__(self, service: ServiceProcess, ask: Ask, *, streams: int, tokens: int) -> None:
        self._processes = [psutil.Process(service.process.pid), service.engine()]
        self._ask = ask
        self._streams = streams
        self._tokens = tokens

    async def run(self, seed: int) -> Round:
        """From the first request to the last token."""
        lengths = Lengths(PROMPT_WORDS, self._tokens)
        asked = questions(self._streams, lengths, seed=str(seed))
        began, busy = time.monotonic(), self._cpu_seconds()
        await asyncio.gather(*(self._ask(question) for question in asked))
        seconds, used = time.monotonic() - began, self._cpu_seconds() - busy
        return Round(self._streams * self._tokens / seconds, used / seconds)

    def _cpu_seconds(self) -> float:
        times = [process.cpu_times() for process in self._processes]
        return sum(item.user + item.system for item in times)


async def measure(arguments: argparse.Namespace) -> list[Round]:
    """The rounds but for the first one, which pays for everything."""
    with service_process(
        LLM_REST_AUTH="off",
        LLM_SLOTS=str(arguments.streams),
        LLM_ENGINE_THREADS=str(arguments.threads),
    ) as service:
        service.wait_until_ready()
        async with over_http(service.url) as ask:
            bench = Bench(service, ask, streams=arguments.streams, tokens=arguments.tokens)
            return [await bench.run(seed) for seed in range(arguments.rounds + 1)][1:]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.throughput")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=64, help="of each answer")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    rounds = uvloop.run(measure(arguments))
    rates = [item.rate for item in rounds]
    print(
        f"{median(rates):.0f} generated tokens a second, {min(rates):.0f} to {max(rates):.0f} in "
        f"{len(rates)} rounds: {arguments.streams} streams of {arguments.tokens} tokens, after "
        f"prompts of {PROMPT_WORDS} words, {arguments.threads} threads"
    )
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    busy = median(item.processors for item in rounds)
    print(f"{busy:.1f} of {os.cpu_count()} processors were the service's; load averages {load}.")


if __name__ == "__main__":
    main()

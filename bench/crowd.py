"""Clients of every kind: they stream or wait, leave early, or come with too little time."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from bench.prompts import words

PROBLEMS_KEPT = 20
LEAVES_WITHIN_SECONDS = 2.0
EverySecond = Callable[[float], Awaitable[None]]  # is told the seconds since the start
HASTY_SECONDS = (0.02, 3.0)
IMPATIENT_SECONDS = (0.05, 0.5)


@dataclass(frozen=True)
class Wish:
    """One request. `seconds` is its deadline; who leaves waits no longer than `leaves`."""

    prompt: str
    tokens: int
    stream: bool
    key: str
    seconds: float | None = None
    leaves: float | None = None


@dataclass(frozen=True)
class Ending:
    """How a request ended: a status as its transport names it, and the error's code.

    `problem` says what no ending may be; a refusal has the pause that was asked for.
    """

    status: str
    code: str = ""
    retry_after_seconds: float | None = None
    problem: str | None = None


class Asker(Protocol):
    """One transport."""

    name: str

    async def ask(self, wish: Wish) -> Ending: ...


@dataclass
class Endings:
    """How all requests ended, and what was wrong with some."""

    counted: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, asker: Asker, ending: Ending) -> None:
        self.counted[f"{asker.name} {ending.status} {ending.code}".rstrip()] += 1
        if ending.problem and len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(f"{asker.name} {ending.status} {ending.code}: {ending.problem}")


def some_wish(choice: random.Random, keys: tuple[str, ...]) -> Wish:
    """A third streams, a third waits for the whole, and of both some are hasty or leave."""
    prompt = words(choice, choice.choice((4, 16, 64, 160)))
    manner = choice.choice(("patient", "patient", "hasty", "leaving"))
    return Wish(
        prompt,
        tokens=choice.randint(4, 64),
        stream=choice.random() < 0.5,
        key=choice.choice(keys),
        seconds=choice.uniform(*HASTY_SECONDS) if manner == "hasty" else None,
        leaves=choice.uniform(0, LEAVES_WITHIN_SECONDS) if manner == "leaving" else None,
    )


async def client(
    number: int, askers: tuple[Asker, ...], keys: tuple[str, ...], endings: Endings
) -> None:
    """Asks again and again. Every other one comes back when it was told to, the others at once."""
    choice = random.Random(number)  # noqa: S311 - no secret
    while True:
        asker, wish = choice.choice(askers), some_wish(choice, keys)
        ending = await left_early(asker, wish)
        endings.add(asker, ending)
        if ending.retry_after_seconds is not None:
            pause = ending.retry_after_seconds if number % 2 else choice.uniform(*IMPATIENT_SECONDS)
            await asyncio.sleep(pause)


async def left_early(asker: Asker, wish: Wish) -> Ending:
    try:
        async with asyncio.timeout(wish.leaves) as patience:
            return await asker.ask(wish)
    except TimeoutError:
        if not patience.expired():
            raise
        return Ending("left")


async def crowd(
    count: int,
    askers: tuple[Asker, ...],
    keys: tuple[str, ...],
    *,
    seconds: float,
    every_second: EverySecond,
) -> Endings:
    """So many clients for so long; then all leave."""
    endings = Endings()
    clients = [
        asyncio.create_task(client(number, askers, keys, endings)) for number in range(count)
    ]
    begun = time.monotonic()
    while (age := time.monotonic() - begun) < seconds:
        await every_second(age)
        await asyncio.sleep(1)
    for each in clients:
        each.cancel()
    for outcome in await asyncio.gather(*clients, return_exceptions=True):
        if not isinstance(outcome, asyncio.CancelledError):
            endings.problems.append(f"a client failed: {outcome!r}")
    return endings

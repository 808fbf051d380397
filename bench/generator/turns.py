"""One turn of a target: so many requests, in a closed loop or an open one, and how each ended.

In a closed loop a stream asks again when its answer is whole, so that a slow server is asked less;
in an open one requests come when they come, however many wait. Every request has a deadline.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.generator.arrivals import Arrival
from bench.streams import Answer, Ask, AskError, Question

NANOSECONDS = 1e9


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that got no whole answer: what it is counted under, and in the server's words."""

    kind: str
    why: str


@dataclass(slots=True)
class Turn:
    """`seconds` are from the turn's start to its last ending; of both a request is in one."""

    seconds: float = 0.0
    answers: list[Answer] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def add(self, outcome: Answer | Failure) -> None:
        if isinstance(outcome, Failure):
            self.failures.append(outcome)
        else:
            self.answers.append(outcome)


async def outcome(ask: Ask, question: Question, *, patience_seconds: float) -> Answer | Failure:
    try:
        async with asyncio.timeout(patience_seconds):
            answer = await ask(question)
    except TimeoutError:
        return Failure("too late", f"no whole answer within {patience_seconds:g} s")
    except AskError as error:
        return Failure(error.kind, str(error))
    if not answer.received:
        return Failure("no text", "the answer has none")
    return answer


async def closed(
    ask: Ask, asked: Iterable[Question], *, streams: int, patience_seconds: float
) -> Turn:
    """So many at a time, until all were asked."""
    turn, left = Turn(), iter(asked)

    async def stream() -> None:
        for question in left:
            turn.add(await outcome(ask, question, patience_seconds=patience_seconds))

    begun = time.monotonic_ns()
    async with asyncio.TaskGroup() as group:
        for _ in range(streams):
            group.create_task(stream())
    turn.seconds = (time.monotonic_ns() - begun) / NANOSECONDS
    return turn


async def opened(ask: Ask, arrivals: Iterable[Arrival], *, patience_seconds: float) -> Turn:
    """Each when it comes; the turn ends with the last answer."""
    turn = Turn()

    async def request(question: Question) -> None:
        turn.add(await outcome(ask, question, patience_seconds=patience_seconds))

    begun = time.monotonic_ns()
    async with asyncio.TaskGroup() as group:
        for arrival in arrivals:
            age = (time.monotonic_ns() - begun) / NANOSECONDS
            await asyncio.sleep(arrival.seconds - age)
            group.create_task(request(arrival.question))
    turn.seconds = (time.monotonic_ns() - begun) / NANOSECONDS
    return turn

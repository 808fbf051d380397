"""The types that a model can be written in, tried against each other and against the source."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from service.model.progress import megabytes
from service.model.trial.engine import Runner
from service.model.trial.loss import TEXT, Loss, likelihoods_of
from service.model.trial.speed import Speed, measured_speed

SOURCE: Final = "source"
FEWEST_ROUNDS, MOST_ROUNDS = 3, 7
NO_LOSS: Final = Loss(0, 1)

Write = Callable[[str, Path, Path], None]
"""Writes in the type of that name, from the source, into a file."""


@dataclass
class Entrant:
    """One file, its loss against the source, and the speed in each round that it took part in."""

    name: str
    file: Path
    bytes: int
    loss: Loss
    rounds: list[Speed] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, file: Path, loss: Loss) -> Entrant:
        return cls(name, file, file.stat().st_size, loss)

    @property
    def speed(self) -> Speed:
        return Speed.typical(self.rounds)

    def scores(self, source: Entrant) -> list[float]:
        """Of each round: its speeds in parts of the source's, one mean."""
        pairs = zip(self.rounds, source.rounds, strict=True)
        return [own.against(other).mean for own, other in pairs]

    def cells(self) -> list[str]:
        return [
            self.name,
            megabytes(self.bytes),
            f"{self.loss.divergence:.4f}",
            f"{self.loss.same:.0%}",
            *(self.speed.cells() if self.rounds else ("not timed: too much loss", "", "")),
        ]


@dataclass(frozen=True, kw_only=True)
class Contest:
    """`loss`: the divergence that is allowed, in nats (Loss). `folder` needs room for all files."""

    source: Path
    folder: Path
    write: Write
    loss: float
    runner: Runner
    fewest_rounds: int = FEWEST_ROUNDS

    async def run(self, names: Sequence[str]) -> list[Entrant]:
        """The source first, then the types in the order of their names given."""
        began = time.monotonic()
        reference = await likelihoods_of(self.source, self.runner)
        source = Entrant.of(SOURCE, self.source, NO_LOSS)
        loss_seconds = time.monotonic() - began
        await self._round([source], seed=0)
        round_seconds = time.monotonic() - began - loss_seconds
        seconds = len(names) * (2 * loss_seconds + self.fewest_rounds * round_seconds)
        say(f"{len(names)} types to try, in about {max(seconds / 60, 1):.0f} minutes or twice that")
        entrants = [source]
        for name in names:
            file = self.folder / f"{name}.gguf"
            await asyncio.to_thread(self.write, name, self.source, file)
            own = await likelihoods_of(file, self.runner)
            entrants.append(Entrant.of(name, file, Loss.between(reference, own)))
            say(f"{name}: loss {entrants[-1].loss.divergence:.4f}")
            if not self._is_faithful(entrants[-1]):
                file.unlink()
        await self._rounds([item for item in entrants if self._is_faithful(item)])
        return entrants

    def _is_faithful(self, entrant: Entrant) -> bool:
        return entrant.loss.divergence <= self.loss

    async def _rounds(self, entrants: Sequence[Entrant]) -> None:
        """Until one is ahead in each of them, or nobody will be."""
        entrants[0].rounds.clear()
        for turn in range(max(MOST_ROUNDS, self.fewest_rounds)):
            await self._round(entrants, seed=turn)
            leader = fastest(entrants)
            say(f"round {turn + 1}: {leader.name} is ahead")
            if turn + 1 >= self.fewest_rounds and is_clear(leader, entrants):
                break

    async def _round(self, entrants: Iterable[Entrant], *, seed: int) -> None:
        for entrant in entrants:
            speed = await measured_speed(entrant.file, self.runner, seed=seed)
            entrant.rounds.append(speed)


def fastest(entrants: Sequence[Entrant]) -> Entrant:
    """Of those that were timed; the source is the first. By the median over the rounds."""
    source = entrants[0]
    timed = [entrant for entrant in entrants if entrant.rounds]
    return max(timed, key=lambda entrant: median(entrant.scores(source)))


def is_clear(leader: Entrant, entrants: Sequence[Entrant]) -> bool:
    source = entrants[0]
    return all(
        best > score
        for other in entrants
        if other is not leader
        for best, score in zip(leader.scores(source), other.scores(source), strict=True)
    )


HEAD: Final = ("type", "file", "divergence", "same token", "prompt", "1 stream", "8 streams")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown, which is readable as it is."""
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return "\n".join([lines[0], f"|{'---|' * len(head)}", *lines[1:]])


def explanation(entrants: Sequence[Entrant], runner: Runner) -> str:
    engine = runner.program or "the wheel's engine"
    return (
        f"Tokens a second with {runner.threads} threads of {engine}, medians of "
        f"{len(entrants[0].rounds)} rounds; divergence from the source in nats, on {TEXT.name}."
    )


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)

"""What turns of a measurement come to: quantities, their percentiles, and what was added."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from bench.streams import Answer

FIRST = "first token"
WAY = "token's way"  # from the engine's write to its reader, where the engine notes the moment
GAP = "between tokens"
NANOSECONDS = 1e6  # in the milliseconds that all figures are in


@dataclass(frozen=True, slots=True)
class Percentiles:
    median: float
    p99: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Percentiles:
        return cls(percentile(values, 50), percentile(values, 99))


@dataclass(slots=True)
class Way:
    """What each turn of one way showed, in milliseconds; in the order of the turns."""

    turns: dict[str, list[Percentiles]] = field(default_factory=dict)
    cpu_microseconds: list[float] = field(default_factory=list)  # of the gateway, per token

    def add(
        self, answers: list[Answer], *, stamped: bool, gateway_cpu_seconds: float | None = None
    ) -> None:
        for name, values in quantities(answers, stamped=stamped).items():
            self.turns.setdefault(name, []).append(Percentiles.of(values))
        if gateway_cpu_seconds is not None:
            tokens = sum(len(answer.received) for answer in answers)
            self.cpu_microseconds.append(gateway_cpu_seconds * 1e6 / tokens)

    def typical(self, name: str) -> Percentiles:
        """The medians over the turns: a burst of other work spoils some turns, and not these."""
        return typical(self.turns[name])

    def added(self, name: str, direct: Way) -> Percentiles:
        """The median over the rounds of what this way took longer than the direct one."""
        pairs = zip(self.turns[name], direct.turns[name], strict=True)
        return typical(
            [Percentiles(one.median - other.median, one.p99 - other.p99) for one, other in pairs]
        )


def typical(turns: Sequence[Percentiles]) -> Percentiles:
    return Percentiles(median(turn.median for turn in turns), median(turn.p99 for turn in turns))


def quantities(answers: Iterable[Answer], *, stamped: bool) -> dict[str, list[float]]:
    """The values of each quantity that there are any of."""
    found: dict[str, list[float]] = {FIRST: [], GAP: [], WAY: []}
    for answer in answers:
        found[FIRST].append((answer.received[0] - answer.sent) / NANOSECONDS)
        found[GAP] += [(late - soon) / NANOSECONDS for soon, late in pairwise(answer.received)]
        if stamped:
            pieces = zip(answer.received, answer.texts, strict=True)
            found[WAY] += [(received - int(text)) / NANOSECONDS for received, text in pieces]
    return {name: values for name, values in found.items() if values}


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that is not below so many percent of them."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]

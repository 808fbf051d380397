"""The kinds of load that a turn can be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol

from bench.generator.arrivals import Arrival, poisson, replay
from bench.generator.turns import Turn, closed, opened
from bench.prompts import Lengths, questions
from bench.streams import Ask


class Load(Protocol):
    """`seed` decides on the prompts and on what else is random. `most_tokens` are one request's."""

    @property
    def label(self) -> str: ...

    @property
    def most_tokens(self) -> int: ...

    def document(self) -> dict[str, Any]: ...

    async def put(self, ask: Ask, *, seed: str, patience_seconds: float) -> Turn: ...


@dataclass(frozen=True, slots=True)
class Streams:
    """So many at a time, each the next when its answer is whole."""

    streams: int
    requests: int
    lengths: Lengths

    @property
    def label(self) -> str:
        return f"{self.streams} stream{'s' if self.streams > 1 else ''} of {self.lengths}"

    @property
    def most_tokens(self) -> int:
        return self.lengths.total

    def document(self) -> dict[str, Any]:
        return {"label": self.label, **asdict(self)}

    async def put(self, ask: Ask, *, seed: str, patience_seconds: float) -> Turn:
        asked = questions(self.requests, self.lengths, seed=seed)
        return await closed(ask, asked, streams=self.streams, patience_seconds=patience_seconds)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second, at random moments."""

    per_second: float
    requests: int
    lengths: Lengths

    @property
    def label(self) -> str:
        return f"{self.per_second:g} a second of {self.lengths}"

    @property
    def most_tokens(self) -> int:
        return self.lengths.total

    def document(self) -> dict[str, Any]:
        return {"label": self.label, **asdict(self)}

    async def put(self, ask: Ask, *, seed: str, patience_seconds: float) -> Turn:
        asked = questions(self.requests, self.lengths, seed=seed)
        arrivals = poisson(self.per_second, asked, seed=seed)
        return await opened(ask, arrivals, patience_seconds=patience_seconds)


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace by its name, and its lines; `shared` tokens more stand before every prompt."""

    name: str
    lines: tuple[str, ...]
    shared: int = 0

    @property
    def label(self) -> str:
        return self.name

    @property
    def most_tokens(self) -> int:
        asked = [arrival.question for arrival in self.arrivals(seed="")]
        return self.shared + max(item.tokens + len(item.text.split()) for item in asked)

    def document(self) -> dict[str, Any]:
        return {"label": self.label, **asdict(self)}

    async def put(self, ask: Ask, *, seed: str, patience_seconds: float) -> Turn:
        return await opened(ask, self.arrivals(seed=seed), patience_seconds=patience_seconds)

    def arrivals(self, *, seed: str) -> list[Arrival]:
        """Raises TraceError."""
        return replay(self.lines, shared_tokens=self.shared, seed=seed)

"""What processes hold, second by second: resident memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import mean

import psutil

WINDOW_SECONDS = 10


@dataclass
class Footprint:
    """Of one process; `samples` are seconds since the start, and MiB then."""

    samples: list[tuple[float, float]] = field(default_factory=list)

    def add(self, age: float, process: psutil.Process) -> None:
        self.samples.append((age, process.memory_info().rss / 2**20))

    def around(self, age: float) -> float:
        """The mean of the seconds from then on."""
        return mean(mib for at, mib in self.samples if age <= at < age + WINDOW_SECONDS)

    def growth_percent(self, *, since: float) -> float:
        """From then to the last seconds."""
        last = max(since, self.samples[-1][0] - WINDOW_SECONDS)
        return 100 * (self.around(last) / self.around(since) - 1)

    def told(self, *, since: float) -> str:
        """Every tenth second, and the growth."""
        line = ", ".join(f"{mib:.0f}" for _, mib in self.samples[::WINDOW_SECONDS])
        return f"{line} MiB; {self.growth_percent(since=since):+.1f} % after {since:.0f} s"

"""Refusals before there is a request to observe: by a connection, or in health and reflection."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter

LINES_AT_MOST = 20  # in each period
PERIOD_SECONDS = 60.0

log = logging.getLogger("service.refusals")


class EarlyRefusals:
    """Counts all of them, by a reason of which there are few, and logs as many as a log can bear:
    whoever can connect can have themselves refused, without a key and without end.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counter = Counter(
            "llm_early_refusals",
            "Refusals before there was a request: by a connection, in health or reflection.",
            ["transport", "reason"],
            registry=registry,
        )
        self._lines = LineBudget(LINES_AT_MOST, every_seconds=PERIOD_SECONDS)

    def expect(self, transport: str, reasons: Iterable[str]) -> None:
        """Starts them at zero, so that `increase()` sees the first one too."""
        for reason in reasons:
            self._counter.labels(transport, reason)

    def add(self, reason: str, *, transport: str, **told: object) -> None:
        """`told` is what the line has besides; nothing that the client chose freely."""
        self._counter.labels(transport, reason).inc()
        if self._lines.take():
            line = {"transport": transport, "outcome": reason, **told}
            if left_out := self._lines.left_out():
                line["left_out"] = left_out
            log.info("refused", extra=line)


class LineBudget:
    """So many lines in each period, of which the first begins with the first line."""

    def __init__(
        self, lines: int, *, every_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = lines
        self._every_seconds = every_seconds
        self._clock = clock
        self._written = 0
        self._left_out = 0
        self._ends = 0.0

    def take(self) -> bool:
        """Whether there may be another line."""
        now = self._clock()
        if now >= self._ends:
            self._ends, self._written = now + self._every_seconds, 0
        may = self._written < self._most
        self._written += may
        self._left_out += not may
        return may

    def left_out(self) -> int:
        """How many there might not be since this was last asked."""
        count, self._left_out = self._left_out, 0
        return count

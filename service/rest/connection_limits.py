"""What a connection may take, in bytes, seconds and requests, and the clock for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

URL_BYTES_AT_MOST = 8192  # nginx's and Apache's limit; our own URLs have fewer than 100
# Requests that may wait for the answers before theirs: 18 bytes make one, which is kept as 3 kB.
SENT_AHEAD_AT_MOST = 8
# What may come with each piece of a chunked body; more of it counts as headers do.
CHUNK_FRAMING_BYTES = 32
# A client that is answered before it has sent everything may go on for so long, unheard. Closing at
# once would reset the connection, and the answer with it; the load balancer would answer 502.
UNHEARD_SECONDS = 5.0
# Beyond the limit, for health checks: a load balancer that gets no answer has the task replaced,
# with all that runs in it. And for metrics. Who takes one of these has little time.
RESERVED_CONNECTIONS = 32
RESERVED_HEADER_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """What HTTP clients may take: `connections` is of all together, the rest of each."""

    connections: int
    header_bytes: int
    header_seconds: float
    stall_seconds: float


def size(headers: list[tuple[bytes, bytes]]) -> int:
    """Of headers as they are sent, in bytes."""
    return sum(len(name) + len(value) + len(": \r\n") for name, value in headers)


class Deadline:
    """Of a connection, which has one at a time, or none."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        return self._timer is not None

    def set(self, seconds: float, when_passed: Callable[[], None]) -> None:
        """In place of the one before."""
        self.end()
        self._timer = self._loop.call_later(seconds, self._pass, when_passed)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _pass(self, when_passed: Callable[[], None]) -> None:
        self._timer = None
        when_passed()

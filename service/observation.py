"""One request's times and tokens: its log line and its share of the metrics."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from service.errors import DeadlineExceeded, InternalError, ServiceError
from service.generation import Chunk, Usage
from service.metrics import Metrics
from service.outcomes import CANCELLED, GENERATION_TIMEOUT, OK

log = logging.getLogger("service.request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, and by which transport (`rest` or `grpc`); `key` is the API key's name."""

    transport: str
    key: str | None = None


@dataclass(slots=True)
class Observation:
    """One request's times and tokens, for its log line and the metrics. Never its text."""

    caller: Caller
    started: float = field(default_factory=time.monotonic)
    queue_seconds: float | None = None
    first_token_seconds: float | None = None
    usage: Usage | None = None
    outcome: str = OK
    bound_by_server: bool = False  # its time runs out by our limit, and not by the caller's

    def age(self) -> float:
        """Seconds since the request came."""
        return time.monotonic() - self.started

    def admitted(self) -> None:
        self.queue_seconds = self.age()

    async def observed(
        self, chunks: AsyncIterator[Chunk], metrics: Metrics
    ) -> AsyncIterator[Chunk]:
        last_token: float | None = None
        async for chunk in chunks:
            now = self.age()
            if self.first_token_seconds is None:
                self.first_token_seconds = now
                metrics.observe_first_token(now)
            if chunk.text:
                if last_token is not None:
                    metrics.inter_token.observe(now - last_token)
                last_token = now
            self.usage = chunk.usage or self.usage
            yield chunk

    def failed(self, error: BaseException) -> None:
        mark_counted(error)
        if isinstance(error, ServiceError):
            by_server = self.bound_by_server and isinstance(error, DeadlineExceeded)
            self.outcome = GENERATION_TIMEOUT if by_server else error.code
        elif isinstance(error, asyncio.CancelledError | GeneratorExit):
            self.outcome = CANCELLED
        else:
            self.outcome = InternalError.code

    def report(self, metrics: Metrics) -> None:
        metrics.requests.labels(self.caller.transport, self.outcome).inc()
        metrics.duration.observe(self.age())
        if self.queue_seconds is not None:
            metrics.queue.observe(self.queue_seconds)
        if self.usage is not None:
            metrics.prompt_tokens.inc(self.usage.prompt_tokens)
            metrics.generated_tokens.inc(self.usage.completion_tokens)
        log.info("request", extra=self.summary())

    def summary(self) -> dict[str, object]:
        tokens = self.usage or Usage(0, 0)
        return {
            "transport": self.caller.transport,
            "key": self.caller.key,
            "outcome": self.outcome,
            "prompt_tokens": tokens.prompt_tokens,
            "completion_tokens": tokens.completion_tokens,
            "queue_seconds": rounded(self.queue_seconds),
            "first_token_seconds": rounded(self.first_token_seconds),
            "total_seconds": rounded(self.age()),
        }


def rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def mark_counted(error: BaseException) -> None:
    """The exception goes on to the transport's edge, which counts what nobody has counted yet."""
    error.__dict__["counted"] = True


def is_counted(error: BaseException) -> bool:
    return "counted" in error.__dict__


def report_refusal(error: ServiceError, *, transport: str, metrics: Metrics) -> None:
    """Logs and counts a request that was refused before it became a generation."""
    if not is_counted(error):
        metrics.requests.labels(transport, error.code).inc()
        log.info("request", extra={"transport": transport, "outcome": error.code})


def report_failure(error: Exception, *, transport: str, metrics: Metrics) -> None:
    """Logs what nobody expected, and counts it as an error of ours."""
    log.error("request failed", exc_info=error)
    if not is_counted(error):
        metrics.requests.labels(transport, InternalError.code).inc()

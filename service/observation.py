"""One request from its arrival to its end: who asks, when what happens, how it ends."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from service.authentication import Identity
from service.errors import ClientStalled, DeadlineExceeded, InternalError, ServiceError
from service.generation import Chunk, FinishReason, GenerationRequest, Usage
from service.outcomes import CANCELLED, CLIENT_STALLED, GENERATION_TIMEOUT, OK
from service.sampling import Sampling
from service.texts import Texts

TRACE_HEADERS = ("traceparent", "tracestate")
CLOCKS_APART_SECONDS = 0.05  # the caller's began before ours, by the way here
UNKNOWN_ROUTE = "unknown"  # whatever a client asked for: paths are theirs, and without number


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, and by which transport (`rest` or `grpc`).

    `route` is the URL's path or the gRPC method's, as it is declared. `timeout_seconds` is how long
    the caller waits for the whole answer, from the request's arrival on; None: as long as the
    server allows.
    """

    transport: str
    route: str
    identity: Identity = Identity()  # it is frozen
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is known of a request before anything is done with it.

    `method`, `path` and `scheme` are HTTP's. `trace_headers` are W3C's `traceparent` and
    `tracestate`, as far as they were sent: https://www.w3.org/TR/trace-context/
    """

    nanoseconds: int = field(default_factory=time.time_ns)  # since 1970
    method: str = ""
    path: str = ""
    scheme: str = ""
    trace_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Times:
    """When what happened, in seconds since the request arrived; None: it did not.

    In this order: it asks for a slot, has it, goes to the engine, and gets its first and its last
    token.
    """

    queued: float | None = None
    admitted: float | None = None
    submitted: float | None = None
    first_token: float | None = None
    last_token: float | None = None
    ended: float | None = None

    @property
    def queue_seconds(self) -> float | None:
        """Waited for a slot, or for none until it ended; None for who never asked for one."""
        until = self.ended if self.admitted is None else self.admitted
        return None if self.queued is None or until is None else until - self.queued


class TokenMeter(Protocol):
    """Is told of tokens as they come: of the first one how old the request is, of each other one
    how long after the one before it came."""

    def first(self, seconds: float) -> None: ...
    def next(self, seconds: float) -> None: ...


@dataclass(slots=True, kw_only=True)
class Observation:
    """What is known of one request, for its log line, the metrics and the traces.

    Never its text, unless there is `texts`: only for the log, and only where a stage wants it.

    `operation` is what it asks of the model, in OpenTelemetry's words, and `choices` how many
    answers. `status` is what it was answered with, HTTP's number or gRPC's name.
    """

    transport: str
    route: str = UNKNOWN_ROUTE
    arrival: Arrival = field(default_factory=Arrival)
    client_address: str | None = None
    started: float = field(default_factory=time.monotonic)
    times: Times = field(default_factory=Times)
    caller: Caller | None = None
    operation: str | None = None
    sampling: Sampling | None = None
    choices: int = 1
    streamed: bool = False
    answer_id: str | None = None
    texts: Texts | None = None
    usage: Usage | None = None
    begun_tokens: int = 0  # of the prompt, by estimate, once the engine has begun on it
    pieces: int = 0
    finish_reasons: dict[int, FinishReason] = field(default_factory=dict)
    status: int | str | None = None
    outcome: str = OK
    bound_by_server: bool = False  # its time runs out by our limit, and not by the caller's

    @property
    def is_lost(self) -> bool:
        """Whether nothing is there where it was sent."""
        return self.route == UNKNOWN_ROUTE

    def age(self) -> float:
        """Seconds since the request came."""
        return time.monotonic() - self.started

    def seconds_left(self) -> float | None:
        """Of the time that its caller gives it; None where it gives all that the server does."""
        if self.caller is None or self.caller.timeout_seconds is None:
            return None
        return max(0.0, self.caller.timeout_seconds - self.age())

    def asks(self, request: GenerationRequest) -> None:
        self.operation = "chat" if request.is_chat else "text_completion"
        self.sampling = request.sampling
        self.choices = request.choices
        if self.texts is not None:
            self.texts.asked(request)

    def queued(self) -> None:
        self.times.queued = self.age()

    def waited(self) -> float:
        """Seconds since it asked for a slot."""
        return self.age() - (self.times.queued or 0.0)

    def admitted(self) -> None:
        self.times.admitted = self.age()

    def submitted(self) -> None:
        self.times.submitted = self.age()

    def taken_up(self, prompt_tokens: int) -> None:
        """The engine has begun on a prompt of about so many tokens."""
        self.begun_tokens = prompt_tokens

    @property
    def taken(self) -> Usage | None:
        """Tokens so far: as the engine says at its end, else the estimate and a token a piece."""
        if self.usage is None and (self.begun_tokens or self.pieces):
            return Usage(self.begun_tokens, self.pieces)
        return self.usage

    @property
    def seconds_per_token(self) -> float | None:
        """Between the tokens of one answer, on average; None where no answer had two."""
        first, last = self.times.first_token, self.times.last_token
        if self.usage is None or first is None or last is None:
            return None
        steps = self.usage.completion_tokens / self.choices - 1
        return (last - first) / steps if steps > 0 else None

    async def observed(
        self, chunks: AsyncIterator[Chunk], meter: TokenMeter
    ) -> AsyncIterator[Chunk]:
        """The chunks, and on the way their times and tokens."""
        latest: dict[int, float] = {}  # by the choice: several are answered at the same time
        async for chunk in chunks:
            if chunk.is_content:
                now = self.age()
                self.pieces += 1
                if (before := latest.get(chunk.index)) is not None:
                    meter.next(now - before)
                elif not latest:
                    self.times.first_token = now
                    meter.first(now)
                latest[chunk.index] = self.times.last_token = now
                if self.texts is not None:
                    self.texts.answered(chunk)
            if chunk.finish_reason:
                self.finish_reasons[chunk.index] = chunk.finish_reason
            self.usage = chunk.usage or self.usage
            yield chunk

    def failed(self, error: BaseException) -> None:
        """It ends with this; of several errors the last one counts."""
        if isinstance(error, ServiceError):
            by_server = self.bound_by_server and isinstance(error, DeadlineExceeded)
            self.outcome = GENERATION_TIMEOUT if by_server else error.code
        elif isinstance(error, asyncio.CancelledError | GeneratorExit):
            self.outcome = DeadlineExceeded.code if self.is_past_deadline else CANCELLED
        elif isinstance(error, ClientStalled):
            self.outcome = CLIENT_STALLED
        else:
            self.outcome = InternalError.code

    @property
    def is_past_deadline(self) -> bool:
        """The caller's own. Who leaves now has not changed its mind: its library ends the call."""
        limit = self.caller.timeout_seconds if self.caller else None
        return limit is not None and self.age() + CLOCKS_APART_SECONDS >= limit

    def ended(self) -> None:
        self.times.ended = self.age()


_current: ContextVar[Observation] = ContextVar("observation")


def begin(observation: Observation) -> None:
    """Makes it the observation of the request that this task answers."""
    _current.set(observation)


def current() -> Observation:
    """Of the request that this task answers; one that nobody hears of where there is none."""
    return _current.get(None) or Observation(transport="none")


def asked_by(caller: Caller) -> Observation:
    """The observation of the request that this task answers, now that it is known who asks."""
    observation = current()
    observation.caller = caller
    observation.route = caller.route
    return observation


def answer_id(prefix: str) -> str:
    """A new id for the answer of the request that this task answers."""
    current().answer_id = made = prefix + uuid.uuid4().hex
    return made

"""The one path from a request to its chunks: validation, admission, deadline, engine, metrics."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from service.admission import AdmissionGate, Need
from service.aggregation import PartialAnswer
from service.engine.capabilities import Capabilities
from service.engine.chunks import usage_of_all
from service.engine.client import EngineClient
from service.errors import DeadlineExceeded, Draining, EngineAbsent, EngineUnavailable
from service.generation import USUAL_TOKEN_CHARACTERS, Chunk, Completion, GenerationRequest, Json
from service.health import Health
from service.metrics import Metrics
from service.observation import Caller, Observation, asked_by
from service.presence import Presence
from service.quotas import Quotas
from service.relay import Relay
from service.rules import Rules, check_capabilities, check_tokens

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """What a request is held to, in seconds: in the queue, and from its slot on."""

    max_wait_seconds: float
    generation_seconds: float


class Inference:
    """Answers requests for one model. Both transports call this and nothing below it."""

    def __init__(
        self,
        *,
        rules: Rules,
        engine: EngineClient,
        gate: AdmissionGate,
        quotas: Quotas,
        health: Health,
        metrics: Metrics,
        limits: TimeLimits,
    ) -> None:
        self.rules = rules
        self.created = int(time.time())  # since when it serves its model
        self._engine = engine
        self._gate = gate
        self._quotas = quotas
        self._limits = limits
        self._metrics = metrics
        self._running: set[asyncio.Timeout] = set()
        self._cancelled = False
        self._presence = Presence(health)

    @property
    def model_name(self) -> str:
        return self.rules.model_name

    @property
    def capabilities(self) -> Capabilities:
        """Of the model that the engine has loaded; none while it loads."""
        return self._engine.capabilities or Capabilities()

    @asynccontextmanager
    async def generate(
        self, request: GenerationRequest, caller: Caller
    ) -> AsyncIterator[AsyncIterator[Chunk]]:
        """Yields the chunks of the answer; leaving the context early cancels the generation.

        Raises a ServiceError.
        """
        async with self._observed(caller) as observation:
            observation.asks(request)
            self.rules.check(request)
            self._check_capabilities(request)
            needed = need(request, observation)
            async with self._turn(needed, caller, observation), AsyncExitStack() as generation:
                self._check_capabilities(request)
                observation.submitted()
                chunks = await self._asked(
                    observation,
                    lambda: generation.enter_async_context(self._engine.stream(request)),
                )
                observation.taken_up(needed.prompt_tokens)
                yield observation.observed(chunks, self._metrics.token_meter(caller.route))

    async def complete(self, request: GenerationRequest, caller: Caller) -> Completion:
        """The whole answer at once. Raises a ServiceError."""
        answer = PartialAnswer()
        async with self.generate(request, caller) as chunks:
            async for chunk in chunks:
                answer.add(chunk)
        return answer.completion()

    async def count_tokens(self, request: GenerationRequest, caller: Caller) -> int:
        """Of the prompt as the model would get it: in its template, with the tools.

        Raises a ServiceError.
        """
        async with self._observed(caller) as observation:
            self.rules.check(request)
            self._check_capabilities(request)
            async with self._turn(glance(observation), caller, observation):
                self._check_capabilities(request)
                return await self._asked(observation, partial(self._engine.count_tokens, request))

    async def relay(self, relay: Relay, caller: Caller) -> list[Json]:
        """The engine's own answers. Raises a ServiceError."""
        async with self._observed(caller) as observation:
            observation.operation = "embeddings" if relay.embeds else None
            self.rules.check_relay(relay)
            async with self._turn(glance(observation, relay.prompt_tokens), caller, observation):
                check_tokens(relay, self.capabilities)
                observation.submitted()
                observation.taken_up(relay.prompt_tokens)
                answers = [
                    await self._asked(observation, partial(self._relayed, relay, question))
                    for question in relay.questions
                ]
                observation.usage = usage_of_all(answers)
                return answers

    async def _relayed(self, relay: Relay, question: Json) -> Json:
        return await self._engine.ask(relay.path, question, param=relay.param, works=relay.embeds)

    def _check_capabilities(self, request: GenerationRequest) -> None:
        """Before the request waits, where the engine has said what it can, and after it."""
        if self._engine.capabilities is not None:
            check_capabilities(request, self._engine.capabilities)

    @asynccontextmanager
    async def _turn(
        self, need: Need, caller: Caller, observation: Observation
    ) -> AsyncIterator[None]:
        """What every request has to go through before the engine, and after it."""
        with self._charged(need, caller, observation):
            async with self._admitted(need, observation):
                yield

    @asynccontextmanager
    async def _observed(self, caller: Caller) -> AsyncIterator[Observation]:
        """Notes how it fails: of an error in an open stream the transport's edge sees nothing."""
        observation = asked_by(caller)
        try:
            yield observation
        except BaseException as error:
            observation.failed(error)
            raise

    @contextmanager
    def _charged(self, need: Need, caller: Caller, observation: Observation) -> Iterator[None]:
        """Holds the caller to its key's limits, and counts what it took, however that ends.

        Who never had a slot took nothing.
        """
        charge = self._quotas.admit(caller.identity, prompt_tokens=need.prompt_tokens)
        try:
            yield
        finally:
            if observation.times.admitted is None:
                charge.cancel()
            else:
                charge.settle(observation.taken.total_tokens if observation.taken else 0)

    @asynccontextmanager
    async def _admitted(self, need: Need, observation: Observation) -> AsyncIterator[None]:
        """Holds the slots of an engine that is ready, until the deadline."""
        observation.queued()
        deadline = self._deadline(need.seconds, observation)
        async with deadline as limit, self._gate.admitted(need) as hold:
            observation.admitted()
            await self._engine_is_back(observation)
            self._allow_generation(limit, need.seconds, observation)
            try:
                yield
            except EngineUnavailable:
                await self._presence.missed()  # while the slots are held, and go to nobody
                raise
            finally:
                hold.counts = observation.times.first_token is not None

    def cancel_all(self) -> None:
        """Ends all that runs or waits with Draining; for when the drain budget is spent."""
        self._cancelled = True
        now = asyncio.get_running_loop().time()
        for limit in self._running:
            if not limit.expired():
                limit.reschedule(now)

    @asynccontextmanager
    async def _deadline(
        self, timeout_seconds: float | None, observation: Observation
    ) -> AsyncIterator[asyncio.Timeout]:
        """Bounds the whole request; `cancel_all` ends it early by the same means."""
        if timeout_seconds == 0:  # else the engine may be asked before a timer ends it
            raise self._exceeded(ours=False)
        try:
            async with asyncio.timeout(timeout_seconds) as limit:
                self._running.add(limit)
                try:
                    yield limit
                finally:
                    self._running.discard(limit)
        except TimeoutError:
            if not limit.expired():
                raise
            if self._cancelled:
                raise Draining("This task is shutting down; send the request again.") from None
            raise self._exceeded(ours=observation.bound_by_server) from None

    def _exceeded(self, *, ours: bool) -> DeadlineExceeded:
        message = "The time allowed for this request has passed."
        if ours:
            seconds = self._limits.generation_seconds
            message = (
                f"This endpoint works on a request for {seconds:g} seconds at most; ask for less."
            )
        pause = self._gate.retry_after_seconds()
        return DeadlineExceeded(message, ours=ours, retry_after_seconds=pause)

    def _allow_generation(
        self, limit: asyncio.Timeout, timeout_seconds: float | None, observation: Observation
    ) -> None:
        """From the slot on, the server's own bound counts, unless the caller's comes first."""
        if self._cancelled:
            return  # the end is scheduled already
        loop_time = asyncio.get_running_loop().time()
        ours = loop_time + self._limits.generation_seconds
        callers = math.inf
        if timeout_seconds is not None:
            callers = loop_time + timeout_seconds - observation.waited()
        observation.bound_by_server = ours < callers
        limit.reschedule(min(ours, callers))

    async def _asked(
        self, observation: Observation, question: Callable[[], Awaitable[AnswerT]]
    ) -> AnswerT:
        """The engine's answer. One that has just ended may be missed by nobody before this request,
        which has not reached it, and so waits for the next one.
        """
        while True:
            try:
                return await question()
            except EngineAbsent:
                if observation.waited() >= self._limits.max_wait_seconds:
                    raise
            await self._presence.missed()
            await self._engine_is_back(observation)

    async def _engine_is_back(self, observation: Observation) -> None:
        left = self._limits.max_wait_seconds - observation.waited()
        await self._presence.returned(within_seconds=left)


def need(request: GenerationRequest, observation: Observation) -> Need:
    """What admission counts. The tokens are an estimate: counting them is the engine's work."""
    return Need(
        slots=request.choices,
        prompt_tokens=math.ceil(request.characters / USUAL_TOKEN_CHARACTERS),
        seconds=observation.seconds_left(),
    )


def glance(observation: Observation, prompt_tokens: int = 0) -> Need:
    """Of what is no generation."""
    return Need(prompt_tokens=prompt_tokens, seconds=observation.seconds_left())

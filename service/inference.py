"""The one path from a request to its chunks: validation, admission, deadline, engine, metrics."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from service.admission import AdmissionGate
from service.engine.client import EngineClient
from service.errors import (
    ContextLengthExceeded,
    DeadlineExceeded,
    Draining,
    EngineUnavailable,
    InvalidRequest,
    ModelNotFound,
)
from service.generation import Chunk, Completion, FinishReason, GenerationRequest, Usage
from service.health import Health
from service.metrics import Metrics
from service.observation import Caller, Observation

# The longest tokens of common vocabularies are runs of spaces; SmolLM2's has 64.
LONGEST_TOKEN_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request is held to. Times in seconds."""

    context_tokens: int
    max_output_tokens: int
    max_wait_seconds: float
    generation_seconds: float


class Inference:
    """Answers requests for one model. Both transports call this and nothing below it."""

    def __init__(
        self,
        *,
        model_name: str,
        engine: EngineClient,
        gate: AdmissionGate,
        health: Health,
        metrics: Metrics,
        limits: Limits,
    ) -> None:
        self.model_name = model_name
        self._engine = engine
        self._gate = gate
        self._limits = limits
        self._metrics = metrics
        self._running: set[asyncio.Timeout] = set()
        self._cancelled = False
        self._engine_ready = asyncio.Event()
        health.watch(lambda _: self._note_engine(health.engine_ready))

    @asynccontextmanager
    async def generate(
        self, request: GenerationRequest, caller: Caller, *, timeout_seconds: float | None = None
    ) -> AsyncIterator[AsyncIterator[Chunk]]:
        """Yields the chunks of the answer; leaving the context early cancels the generation.

        `timeout_seconds` is the caller's own deadline, queue included. Raises a ServiceError.
        """
        observation = Observation(caller)
        try:
            self._check(request)
            async with (
                self._deadline(timeout_seconds) as limit,
                self._gate.slot(),
            ):
                observation.admitted()
                await self._wait_for_engine(self._limits.max_wait_seconds - observation.age())
                self._allow_generation(limit, timeout_seconds, observation)
                async with self._engine.stream(request) as chunks:
                    yield observation.observed(chunks, self._metrics)
        except BaseException as error:
            observation.failed(error)
            raise
        finally:
            observation.report(self._metrics)

    async def complete(
        self, request: GenerationRequest, caller: Caller, *, timeout_seconds: float | None = None
    ) -> Completion:
        """The whole answer at once. Raises a ServiceError."""
        text: list[str] = []
        reason, usage = FinishReason.STOP, Usage(0, 0)
        async with self.generate(request, caller, timeout_seconds=timeout_seconds) as chunks:
            async for chunk in chunks:
                text.append(chunk.text)
                reason = chunk.finish_reason or reason
                usage = chunk.usage or usage
        return Completion("".join(text), reason, usage)

    def cancel_all(self) -> None:
        """Ends all that runs or waits with Draining; for when the drain budget is spent."""
        self._cancelled = True
        now = asyncio.get_running_loop().time()
        for limit in self._running:
            if not limit.expired():
                limit.reschedule(now)

    def check_model(self, name: str) -> None:
        """Raises ModelNotFound where this endpoint serves another one."""
        if name != self.model_name:
            raise ModelNotFound(name, served=self.model_name)

    def _check(self, request: GenerationRequest) -> None:
        if request.model is not None:
            self.check_model(request.model)
        if not request.prompt:
            param = request.prompt_param
            raise InvalidRequest(f"`{param}` is empty; send some text.", param=param)
        self._check_length(request)
        asked, cap = request.sampling.max_tokens or 1, self._limits.max_output_tokens
        if asked > cap:
            raise InvalidRequest(
                f"max_tokens is too large: got {asked}; this endpoint generates at most {cap}.",
                param="max_tokens",
            )

    def _check_length(self, request: GenerationRequest) -> None:
        """Refuses what cannot fit, before the engine counts its tokens.

        Counting takes the engine time that grows with the square of the text and that no closed
        connection ends: 1 MB of special tokens took 25 to 33 s (measured).
        """
        fewest_tokens = request.characters // LONGEST_TOKEN_CHARACTERS
        if fewest_tokens > self._limits.context_tokens:
            raise ContextLengthExceeded(
                prompt_tokens=fewest_tokens,
                context_tokens=self._limits.context_tokens,
                param=request.prompt_param,
            )

    @asynccontextmanager
    async def _deadline(self, timeout_seconds: float | None) -> AsyncIterator[asyncio.Timeout]:
        """Bounds the whole request; `cancel_all` ends it early by the same means."""
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
            raise DeadlineExceeded("The time allowed for this request has passed.") from None

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
            callers = loop_time + timeout_seconds - observation.age()
        observation.bound_by_server = ours < callers
        limit.reschedule(min(ours, callers))

    async def _wait_for_engine(self, seconds: float) -> None:
        """An engine that restarts costs its requests some seconds, and not their answer."""
        if self._engine_ready.is_set():
            return
        try:
            async with asyncio.timeout(seconds):
                await self._engine_ready.wait()
        except TimeoutError:
            raise EngineUnavailable(
                "The model is not ready; try again later.", retry_after_seconds=5
            ) from None

    def _note_engine(self, ready: bool) -> None:
        if ready:
            self._engine_ready.set()
        else:
            self._engine_ready.clear()

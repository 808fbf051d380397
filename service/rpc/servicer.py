"""LLMService over the one inference path."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from pydantic import ValidationError

from service.authentication import Authenticator
from service.errors import InternalError, InvalidRequest, ServiceError
from service.generation import Chunk, FinishReason, GenerationRequest, Sampling, Usage
from service.inference import Inference
from service.logs import choose_id, request_id
from service.metrics import Metrics
from service.observation import Caller, report_refusal
from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceServicer
from service.rpc.statuses import STATUSES, trailing_metadata

Context = grpc.aio.ServicerContext[Any, Any]

REASONS = {
    FinishReason.STOP: pb.FINISH_REASON_STOP,
    FinishReason.LENGTH: pb.FINISH_REASON_LENGTH,
}

log = logging.getLogger("service.rpc")


class LlmServicer(LLMServiceServicer):
    """gRPC cancels a handler when its client goes away, and that cancels the generation."""

    def __init__(
        self, inference: Inference, *, authenticator: Authenticator, metrics: Metrics
    ) -> None:
        self._inference = inference
        self._authenticator = authenticator
        self._metrics = metrics

    async def GenerateText(
        self, request: pb.GenerateTextRequest, context: Context
    ) -> pb.GenerateTextResponse:
        async with self._errors_as_statuses(context):
            caller = await self._caller(context)
            completion = await self._inference.complete(
                generation_request(request), caller, timeout_seconds=context.time_remaining()
            )
        return pb.GenerateTextResponse(
            generated_text=completion.text,
            finish_reason=REASONS[completion.finish_reason],
            usage=usage_message(completion.usage),
            model=self._inference.model_name,
        )

    async def StreamGenerateText(self, request: pb.GenerateTextRequest, context: Context) -> None:
        """Writes itself, and is no generator: a deadline that strikes during a write would never
        reach a generator's body, and its client would wait for a status for ever."""
        async with self._errors_as_statuses(context):
            caller = await self._caller(context)
            async with self._inference.generate(
                generation_request(request), caller, timeout_seconds=context.time_remaining()
            ) as chunks:
                await self._write(chunks, context)

    async def _write(self, chunks: AsyncIterator[Chunk], context: Context) -> None:
        last = pb.StreamGenerateTextResponse(model=self._inference.model_name)
        async for chunk in chunks:
            if chunk.text:
                await write(context, pb.StreamGenerateTextResponse(generated_text=chunk.text))
            if chunk.finish_reason:
                last.finish_reason = REASONS[chunk.finish_reason]
            if chunk.usage:
                last.usage.CopyFrom(usage_message(chunk.usage))
        await write(context, last)

    @asynccontextmanager
    async def _errors_as_statuses(self, context: Context) -> AsyncIterator[None]:
        """Ends the call with the status, message and details of whatever goes wrong in it."""
        request_id.set(choose_id(sent(context, "x-request-id")))
        try:
            yield
        except ServiceError as error:
            report_refusal(error, transport="grpc", metrics=self._metrics)
            await abort(context, error)
        except Exception:  # at the edge: whatever it is, the log has it and the client an id
            if context.cancelled():
                raise  # a write to a client that has left
            log.exception("request failed")
            await abort(context, InternalError())

    async def _caller(self, context: Context) -> Caller:
        name = await self._authenticator.authenticate(sent(context, "authorization"))
        return Caller(transport="grpc", key=name)


async def write(context: Context, message: pb.StreamGenerateTextResponse) -> None:
    """A write that fails because its reader has left is a cancellation, and no fault of ours."""
    try:
        await context.write(message)
    except Exception:
        if context.cancelled():
            raise asyncio.CancelledError from None
        raise


async def abort(context: Context, error: ServiceError) -> None:
    metadata = (*trailing_metadata(error), ("x-request-id", str(request_id.get())))
    await context.abort(STATUSES[error.code], error.message, metadata)


def sent(context: Context, name: str) -> str | None:
    """A metadata entry that the client sent."""
    for key, value in context.invocation_metadata() or ():
        if key == name:
            return value if isinstance(value, str) else value.decode()
    return None


def generation_request(request: pb.GenerateTextRequest) -> GenerationRequest:
    """Raises InvalidRequest that names the field and the rule."""
    optional = ("max_tokens", "temperature", "top_p", "seed")
    fields = {name: getattr(request, name) for name in optional if request.HasField(name)}
    try:
        sampling = Sampling.model_validate(fields | {"stop": list(request.stop) or None})
    except ValidationError as wrong:
        error = wrong.errors(include_url=False)[0]
        raise InvalidRequest.of_field(str(error["loc"][0]), error["msg"]) from None
    return GenerationRequest(prompt=request.prompt, sampling=sampling, model=request.model or None)


def usage_message(usage: Usage) -> pb.Usage:
    return pb.Usage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
    )

"""LLMService over the one inference path."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypedDict

import grpc

from service.authentication import Authenticator
from service.errors import InternalError, ServiceError
from service.generation import Completion
from service.inference import Inference
from service.logs import choose_id, request_id
from service.metrics import Metrics
from service.observation import Caller, report_failure, report_refusal
from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceServicer
from service.rpc.messages import REASONS, Request, generation_request, usage_message
from service.rpc.statuses import STATUSES, trailing_metadata

Context = grpc.aio.ServicerContext[Any, Any]

StreamMessage = pb.StreamGenerateTextResponse | pb.StreamChatResponse
Piece = Callable[[str], StreamMessage]


class Ending(TypedDict):
    """The fields with which every whole answer ends."""

    finish_reason: pb.FinishReason
    usage: pb.Usage
    model: str


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
        completion = await self._complete(request, context)
        return pb.GenerateTextResponse(generated_text=completion.text, **self._ending(completion))

    async def Chat(self, request: pb.ChatRequest, context: Context) -> pb.ChatResponse:
        completion = await self._complete(request, context)
        message = pb.ChatMessage(role="assistant", content=completion.text)
        return pb.ChatResponse(message=message, **self._ending(completion))

    async def StreamGenerateText(self, request: pb.GenerateTextRequest, context: Context) -> None:
        """Writes itself, and is no generator: a deadline that strikes during a write would never
        reach a generator's body, and its client would wait for a status for ever."""
        await self._stream(request, context, generated_text)

    async def StreamChat(self, request: pb.ChatRequest, context: Context) -> None:
        """Writes itself, for StreamGenerateText's reason."""
        await self._stream(request, context, content)

    async def ListModels(
        self, request: pb.ListModelsRequest, context: Context
    ) -> pb.ListModelsResponse:
        async with self._call(context):
            return pb.ListModelsResponse(models=[pb.Model(id=self._inference.model_name)])

    async def _complete(self, request: Request, context: Context) -> Completion:
        async with self._call(context) as caller:
            return await self._inference.complete(
                generation_request(request), caller, timeout_seconds=context.time_remaining()
            )

    async def _stream(self, request: Request, context: Context, piece: Piece) -> None:
        async with (
            self._call(context) as caller,
            self._inference.generate(
                generation_request(request), caller, timeout_seconds=context.time_remaining()
            ) as chunks,
        ):
            last = piece("")
            last.model = self._inference.model_name
            async for chunk in chunks:
                if chunk.text:
                    await write(context, piece(chunk.text))
                if chunk.finish_reason:
                    last.finish_reason = REASONS[chunk.finish_reason]
                if chunk.usage:
                    last.usage.CopyFrom(usage_message(chunk.usage))
            await write(context, last)

    def _ending(self, completion: Completion) -> Ending:
        return {
            "finish_reason": REASONS[completion.finish_reason],
            "usage": usage_message(completion.usage),
            "model": self._inference.model_name,
        }

    @asynccontextmanager
    async def _call(self, context: Context) -> AsyncIterator[Caller]:
        """Who calls. Whatever goes wrong ends the call with a status, message and details."""
        async with self._errors_as_statuses(context):
            yield await self._caller(context)

    @asynccontextmanager
    async def _errors_as_statuses(self, context: Context) -> AsyncIterator[None]:
        """Ends the call with the status, message and details of whatever goes wrong in it."""
        request_id.set(choose_id(sent(context, "x-request-id")))
        try:
            yield
        except ServiceError as error:
            report_refusal(error, transport="grpc", metrics=self._metrics)
            await abort(context, error)
        except Exception as error:  # at the edge: the log has it, and the client an id
            if context.cancelled():
                raise  # a write to a client that has left
            report_failure(error, transport="grpc", metrics=self._metrics)
            await abort(context, InternalError())

    async def _caller(self, context: Context) -> Caller:
        name = await self._authenticator.authenticate(sent(context, "authorization"))
        return Caller(transport="grpc", key=name)


async def write(context: Context, message: StreamMessage) -> None:
    """A write that fails because its reader has left is a cancellation, and no fault of ours."""
    try:
        await context.write(message)
    except Exception:
        if context.cancelled():
            raise asyncio.CancelledError from None
        raise


def generated_text(text: str) -> pb.StreamGenerateTextResponse:
    return pb.StreamGenerateTextResponse(generated_text=text)


def content(text: str) -> pb.StreamChatResponse:
    return pb.StreamChatResponse(content=text)


async def abort(context: Context, error: ServiceError) -> None:
    metadata = (*trailing_metadata(error), ("x-request-id", str(request_id.get())))
    await context.abort(STATUSES[error.code], error.message, metadata)


def sent(context: Context, name: str) -> str | None:
    """A metadata entry that the client sent."""
    for key, value in context.invocation_metadata() or ():
        if key == name:
            return value if isinstance(value, str) else value.decode()
    return None

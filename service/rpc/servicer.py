"""LLMService over the one inference path."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from service.authentication import Authenticator
from service.client_addresses import FORWARDED_FOR, ClientAddresses
from service.generation import Chunk, Completion, GenerationRequest
from service.identification import identified
from service.inference import Inference
from service.observation import TRACE_HEADERS, Arrival, Caller, Observation, answer_id
from service.observer import Observer
from service.rpc import llm_service_pb2 as pb
from service.rpc.answers import (
    Head,
    Piece,
    chat_answer,
    chat_piece,
    model_message,
    stream_messages,
    text_answer,
    text_piece,
)
from service.rpc.calls import Call, MessageT_co
from service.rpc.connections import Connections
from service.rpc.limits import room_for_messages
from service.rpc.message_stream import MessageStream, send_headers
from service.rpc.open_calls import OpenCalls
from service.rpc.requests import Request, generation_request, request_to_count
from service.rpc.statuses import status_of

AnswerT = TypeVar("AnswerT", pb.GenerateTextResponse, pb.ChatResponse)


class LlmServicer:
    """gRPC cancels a handler when its client goes away, and that cancels the generation.

    `fingerprint` is the answers' `system_fingerprint`.
    """

    def __init__(
        self,
        inference: Inference,
        *,
        authenticator: Authenticator,
        observer: Observer,
        fingerprint: str,
        stall_seconds: float,
        longest_wait_seconds: float,
        max_connections: int,
        addresses: ClientAddresses,
    ) -> None:
        self.open_calls = OpenCalls()
        self.connections = Connections(limit=max_connections)
        self._inference = inference
        self._authenticator = authenticator
        self._observer = observer
        self._fingerprint = fingerprint
        self._stall_seconds = stall_seconds
        self._longest_wait_seconds = longest_wait_seconds
        self._addresses = addresses
        self._arriving = room_for_messages()

    def routes(self) -> dict[str, bool]:
        """The methods' paths, and of each whether it generates: then it says how many tokens."""
        service = pb.DESCRIPTOR.services_by_name["LLMService"]
        return {
            f"/LLMService/{method.name}": "usage" in method.output_type.fields_by_name
            for method in service.methods
        }

    async def GenerateText(self, call: Call[pb.GenerateTextRequest]) -> pb.GenerateTextResponse:
        return await self._complete(call, text_answer)

    async def Chat(self, call: Call[pb.ChatRequest]) -> pb.ChatResponse:
        return await self._complete(call, chat_answer)

    async def StreamGenerateText(self, call: Call[pb.GenerateTextRequest]) -> None:
        """Writes itself, and is no generator: a deadline that strikes during a write would never
        reach a generator's body, and its client would wait for a status for ever."""
        await self._stream(call, text_piece)

    async def StreamChat(self, call: Call[pb.ChatRequest]) -> None:
        """Writes itself, for StreamGenerateText's reason."""
        await self._stream(call, chat_piece)

    async def CountTokens(self, call: Call[pb.CountTokensRequest]) -> pb.CountTokensResponse:
        async with self._whole(call) as (request, caller):
            counted = generation_request(request_to_count(request))
            tokens = await self._inference.count_tokens(counted, caller)
            return pb.CountTokensResponse(prompt_tokens=tokens, model=self._inference.model_name)

    async def ListModels(self, call: Call[pb.ListModelsRequest]) -> pb.ListModelsResponse:
        async with self._whole(call):
            return pb.ListModelsResponse(models=[model_message(self._inference)])

    async def _complete(
        self, call: Call[Request], answer: Callable[[Completion], AnswerT]
    ) -> AnswerT:
        async with self._whole(call) as (request, caller):
            asked = generation_request(request)
            head = self._head(asked)
            message = answer(await self._inference.complete(asked, caller))
            head.on(message)
            return message

    async def _stream(self, call: Call[Request], piece: Piece) -> None:
        async with (
            self._call(call) as (request, caller),
            MessageStream(
                call.context,
                empty=piece(Chunk()),
                stall_seconds=self._stall_seconds,
                longest_wait_seconds=self._longest_wait_seconds,
            ) as stream,
        ):
            asked = generation_request(request)
            head = self._head(asked)
            async with (
                self._inference.generate(asked, caller) as chunks,
                aclosing(stream_messages(chunks, piece, head)) as messages,
            ):
                stream.has_begun = True
                async for message in messages:
                    await stream.write(message)

    def _head(self, asked: GenerationRequest) -> Head:
        """Of a new answer to this request."""
        made = answer_id("chatcmpl-" if asked.is_chat else "cmpl-")
        return Head(made, self._inference.model_name, self._fingerprint)

    @asynccontextmanager
    async def _whole(self, call: Call[MessageT_co]) -> AsyncIterator[tuple[MessageT_co, Caller]]:
        """A call that is answered in one message, once what the context holds is done."""
        async with self._call(call) as asked:
            yield asked
            await send_headers(call.context)

    @asynccontextmanager
    async def _call(self, call: Call[MessageT_co]) -> AsyncIterator[tuple[MessageT_co, Caller]]:
        """What is asked and by whom; the second is known first."""
        observation = Observation(
            transport="grpc",
            route=call.method,
            arrival=Arrival(trace_headers=trace_headers(call)),
            streamed=call.method.rpartition("/")[2].startswith("Stream"),
            client_address=self._addresses.of(call.peer, call.all_sent(FORWARDED_FOR)),
        )
        with self._observer.watching(observation), noted_status(observation):
            caller = await self._caller(call)
            self.connections.admit(call.context.peer())
            message = await call.message(self._arriving)
            self.open_calls.add(call.context)
            yield message, caller

    async def _caller(self, call: Call[Message]) -> Caller:
        caller = Caller(
            transport="grpc",
            route=call.method,
            timeout_seconds=call.context.time_remaining(),
        )
        return await identified(caller, self._authenticator, call.sent("authorization"))


@contextmanager
def noted_status(observation: Observation) -> Iterator[None]:
    """Notes the status with which the call ends."""
    observation.status = grpc.StatusCode.OK.name
    try:
        yield
    except asyncio.CancelledError:
        late = observation.is_past_deadline
        code = grpc.StatusCode.DEADLINE_EXCEEDED if late else grpc.StatusCode.CANCELLED
        observation.status = code.name
        raise
    except BaseException as error:
        observation.status = status_of(error).name
        raise


def trace_headers(call: Call[Message]) -> dict[str, str]:
    values = {name: ",".join(call.all_sent(name)) for name in TRACE_HEADERS}
    return {name: value for name, value in values.items() if value}

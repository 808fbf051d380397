"""gRPC, async."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import cached_property
from typing import Any

import grpc

from llm_on_ecs import rpc_format
from llm_on_ecs.address import Address
from llm_on_ecs.answers import Chunk, Completion, Model
from llm_on_ecs.asking import Question
from llm_on_ecs.places import AsyncPlaces
from llm_on_ecs.retries import Call
from llm_on_ecs.wire import llm_service_pb2 as pb


class AsyncRpcTransport:
    """One try a call. Raises an LLMError. gRPC itself keeps the deadline, at both ends."""

    def __init__(self, address: Address, places: AsyncPlaces) -> None:
        self._places = places
        self._address = address

    @cached_property
    def _channel(self) -> Any:
        """Made by the first call, because it belongs to the event loop that runs then."""
        return rpc_format.open_channel(self._address, grpc.aio)

    async def complete(self, question: Question, call: Call) -> Completion:
        method = rpc_format.unary(self._channel, question)
        answer = await self._whole(method, rpc_format.message(question), call)
        return rpc_format.completion(answer)

    async def count(self, question: Question, call: Call) -> int:
        method, asked = rpc_format.count_tokens(self._channel), rpc_format.count_message(question)
        return int((await self._whole(method, asked, call)).prompt_tokens)

    async def models(self, call: Call) -> list[Model]:
        method = rpc_format.list_models(self._channel)
        return rpc_format.models(await self._whole(method, pb.ListModelsRequest(), call))

    async def chunks(self, question: Question, call: Call) -> AsyncGenerator[Chunk, None]:
        """Closing the generator cancels the call, and that cancels the generation."""
        method = rpc_format.streaming(self._channel, question)
        async with self._places.taken(call.deadline):
            answers = method(rpc_format.message(question), **rpc_format.sent(self._address, call))
            try:
                with rpc_format.failures():
                    async for answer in answers:
                        piece = rpc_format.chunk(answer)
                        if piece is not None:
                            yield piece
            finally:
                answers.cancel()

    async def close(self) -> None:
        if "_channel" in vars(self):
            await self._channel.close()

    async def _whole(self, method: Any, message: Any, call: Call) -> Any:
        async with self._places.taken(call.deadline):
            with rpc_format.failures():
                return await method(message, **rpc_format.sent(self._address, call))

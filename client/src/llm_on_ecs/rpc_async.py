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
from llm_on_ecs.retries import Deadline
from llm_on_ecs.wire import llm_service_pb2 as pb


class AsyncRpcTransport:
    """One try a call. Raises an LLMError. gRPC itself keeps the deadline, at both ends."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._metadata = tuple(address.authorization.items())

    @cached_property
    def _channel(self) -> Any:
        """Made by the first call, because it belongs to the event loop that runs then."""
        return rpc_format.open_channel(self._address, grpc.aio)

    async def complete(self, question: Question, deadline: Deadline) -> Completion:
        method = rpc_format.unary(self._channel, question)
        answer = await self._whole(method, rpc_format.message(question), deadline)
        return rpc_format.completion(answer)

    async def models(self, deadline: Deadline) -> list[Model]:
        method = rpc_format.list_models(self._channel)
        return rpc_format.models(await self._whole(method, pb.ListModelsRequest(), deadline))

    async def chunks(self, question: Question, deadline: Deadline) -> AsyncGenerator[Chunk, None]:
        """Closing the generator cancels the call, and that cancels the generation."""
        method = rpc_format.streaming(self._channel, question)
        call = method(
            rpc_format.message(question), timeout=deadline.remaining(), metadata=self._metadata
        )
        try:
            with rpc_format.failures():
                async for answer in call:
                    piece = rpc_format.chunk(answer)
                    if piece is not None:
                        yield piece
        finally:
            call.cancel()

    async def close(self) -> None:
        if "_channel" in vars(self):
            await self._channel.close()

    async def _whole(self, method: Any, message: Any, deadline: Deadline) -> Any:
        with rpc_format.failures():
            return await method(message, timeout=deadline.remaining(), metadata=self._metadata)

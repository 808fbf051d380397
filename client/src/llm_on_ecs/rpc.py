"""gRPC, blocking."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import grpc

from llm_on_ecs import rpc_format
from llm_on_ecs.address import Address
from llm_on_ecs.answers import Chunk, Completion, Model
from llm_on_ecs.asking import Question
from llm_on_ecs.retries import Deadline
from llm_on_ecs.wire import llm_service_pb2 as pb


class RpcTransport:
    """One try a call. Raises an LLMError. gRPC itself keeps the deadline, at both ends."""

    def __init__(self, address: Address) -> None:
        self._metadata = tuple(address.authorization.items())
        self._channel = rpc_format.open_channel(address, grpc)

    def complete(self, question: Question, deadline: Deadline) -> Completion:
        method = rpc_format.unary(self._channel, question)
        return rpc_format.completion(self._whole(method, rpc_format.message(question), deadline))

    def models(self, deadline: Deadline) -> list[Model]:
        method = rpc_format.list_models(self._channel)
        return rpc_format.models(self._whole(method, pb.ListModelsRequest(), deadline))

    def chunks(self, question: Question, deadline: Deadline) -> Generator[Chunk, None, None]:
        """Closing the generator cancels the call, and that cancels the generation."""
        method = rpc_format.streaming(self._channel, question)
        call = method(
            rpc_format.message(question), timeout=deadline.remaining(), metadata=self._metadata
        )
        try:
            with rpc_format.failures():
                for answer in call:
                    piece = rpc_format.chunk(answer)
                    if piece is not None:
                        yield piece
        finally:
            call.cancel()

    def close(self) -> None:
        self._channel.close()

    def _whole(self, method: Any, message: Any, deadline: Deadline) -> Any:
        with rpc_format.failures():
            return method(message, timeout=deadline.remaining(), metadata=self._metadata)

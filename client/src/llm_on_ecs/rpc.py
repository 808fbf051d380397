"""gRPC, blocking."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import grpc

from llm_on_ecs import rpc_format
from llm_on_ecs.address import Address
from llm_on_ecs.answers import Chunk, Completion, Model
from llm_on_ecs.asking import Question
from llm_on_ecs.places import Places
from llm_on_ecs.retries import Call
from llm_on_ecs.wire import llm_service_pb2 as pb


class RpcTransport:
    """One try a call. Raises an LLMError. gRPC itself keeps the deadline, at both ends."""

    def __init__(self, address: Address, places: Places) -> None:
        self._places = places
        self._address = address
        self._channel = rpc_format.open_channel(address, grpc)

    def complete(self, question: Question, call: Call) -> Completion:
        method = rpc_format.unary(self._channel, question)
        return rpc_format.completion(self._whole(method, rpc_format.message(question), call))

    def count(self, question: Question, call: Call) -> int:
        method, asked = rpc_format.count_tokens(self._channel), rpc_format.count_message(question)
        return int((self._whole(method, asked, call)).prompt_tokens)

    def models(self, call: Call) -> list[Model]:
        method = rpc_format.list_models(self._channel)
        return rpc_format.models(self._whole(method, pb.ListModelsRequest(), call))

    def chunks(self, question: Question, call: Call) -> Generator[Chunk, None, None]:
        """Closing the generator cancels the call, and that cancels the generation."""
        method = rpc_format.streaming(self._channel, question)
        with self._places.taken(call.deadline):
            answers = method(rpc_format.message(question), **rpc_format.sent(self._address, call))
            try:
                with rpc_format.failures():
                    for answer in answers:
                        piece = rpc_format.chunk(answer)
                        if piece is not None:
                            yield piece
            finally:
                answers.cancel()

    def close(self) -> None:
        self._channel.close()

    def _whole(self, method: Any, message: Any, call: Call) -> Any:
        with self._places.taken(call.deadline), rpc_format.failures():
            return method(message, **rpc_format.sent(self._address, call))

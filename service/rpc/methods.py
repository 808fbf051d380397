"""The methods of a service in gRPC's library."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from service.early_refusals import EarlyRefusals
from service.errors import (
    BodyTimeout,
    InvalidRequest,
    QueueFull,
    RequestTooLarge,
    ServiceError,
)
from service.rpc.calls import Call, Context, Metadata
from service.rpc.refusals import errors_as_statuses
from service.rpc.statuses import status_of

Behaviour = Callable[[Call[Any]], Awaitable[Any]]

TRANSPORT = "grpc"
REFUSALS = (BodyTimeout, InvalidRequest, QueueFull, RequestTooLarge)


class Methods(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # only in stubs
    """Those that the servicer has, as coroutines of a Call.

    To the library all take streams of messages. On the wire that is the same; but of a method with
    one message the library would take it in, whoever sends it and for however long, before it
    calls anybody.

    `refusals` are told of those of a servicer that has nobody observe its calls.
    """

    def __init__(
        self,
        service: ServiceDescriptor,
        servicer: object,
        *,
        message_bytes: int,
        refusals: EarlyRefusals | None = None,
    ) -> None:
        self._methods = {
            f"/{service.full_name}/{method.name}": Method.of(
                method,
                counted(behaviour, refusals) if refusals else behaviour,
                message_bytes=message_bytes,
            )
            for method in service.methods
            if (behaviour := getattr(servicer, method.name, None)) is not None
        }

    def service(self, details: Any) -> Any:
        method = self._methods.get(details.method)
        return method and method.handler(details.method, details.invocation_metadata)


@dataclass(frozen=True, slots=True)
class Method:
    behaviour: Behaviour
    message_type: type[Message]
    answer_type: type[Message]
    message_bytes: int
    streams: bool

    @classmethod
    def of(cls, method: MethodDescriptor, behaviour: Behaviour, *, message_bytes: int) -> Method:
        return cls(
            behaviour,
            GetMessageClass(method.input_type),
            GetMessageClass(method.output_type),
            message_bytes,
            streams=method.server_streaming,
        )

    def handler(self, path: str, metadata: Metadata) -> Any:
        """Of one call: the library reads the metadata for it, and again whenever it is asked."""

        async def answer(_: object, context: Context) -> Any:
            call = Call(
                path,
                context,
                metadata,
                message_type=self.message_type,
                message_bytes=self.message_bytes,
            )
            async with errors_as_statuses(call):
                return await self.behaviour(call)

        make = (
            grpc.stream_stream_rpc_method_handler
            if self.streams
            else grpc.stream_unary_rpc_method_handler
        )
        return make(answer, response_serializer=self.answer_type.SerializeToString)


def counted(behaviour: Behaviour, refusals: EarlyRefusals) -> Behaviour:
    refusals.expect(TRANSPORT, (kind.code for kind in REFUSALS))

    async def answer(call: Call[Any]) -> Any:
        try:
            return await behaviour(call)
        except ServiceError as error:
            refusals.add(error.code, transport=TRANSPORT, status=status_of(error).name)
            raise

    return answer

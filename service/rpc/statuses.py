"""Our error codes as gRPC statuses, with google.rpc details for programs to read."""

from __future__ import annotations

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from service import errors
from service.errors import ServiceError, Unavailable

DOMAIN = "llm-on-ecs"  # ErrorInfo's namespace of `reason`; see google/rpc/error_details.proto

STATUSES: dict[str, grpc.StatusCode] = {
    errors.InvalidRequest.code: grpc.StatusCode.INVALID_ARGUMENT,
    errors.ModelNotFound.code: grpc.StatusCode.NOT_FOUND,
    errors.ContextLengthExceeded.code: grpc.StatusCode.INVALID_ARGUMENT,
    errors.RequestTooLarge.code: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.NotAuthenticated.code: grpc.StatusCode.UNAUTHENTICATED,
    errors.InvalidAccessToken.code: grpc.StatusCode.UNAUTHENTICATED,
    errors.InsufficientScope.code: grpc.StatusCode.PERMISSION_DENIED,
    errors.Unavailable.code: grpc.StatusCode.UNAVAILABLE,
    errors.QueueFull.code: grpc.StatusCode.UNAVAILABLE,
    errors.QueueTimeout.code: grpc.StatusCode.UNAVAILABLE,
    errors.EngineUnavailable.code: grpc.StatusCode.UNAVAILABLE,
    errors.Draining.code: grpc.StatusCode.UNAVAILABLE,
    errors.DeadlineExceeded.code: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.InternalError.code: grpc.StatusCode.INTERNAL,
}

Metadata = tuple[tuple[str, str | bytes], ...]


def trailing_metadata(error: ServiceError) -> Metadata:
    """The details, and for whoever retries by gRPC's own rules the pause that we ask for."""
    status = status_pb2.Status(
        code=STATUSES[error.code].value[0],
        message=error.message,
        details=[packed(detail) for detail in details(error)],
    )
    metadata: Metadata = tuple(rpc_status.to_status(status).trailing_metadata)
    if isinstance(error, Unavailable):
        # gRFC A6, "Pushback": a retrying client waits this long.
        metadata += (("grpc-retry-pushback-ms", str(error.retry_after_seconds * 1000)),)
    return metadata


def details(error: ServiceError) -> list[Message]:
    found: list[Message] = [error_details_pb2.ErrorInfo(reason=error.code.upper(), domain=DOMAIN)]
    if isinstance(error, Unavailable):
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(error.retry_after_seconds)
        found.append(retry)
    if error.param is not None:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=error.param, description=error.message
        )
        found.append(error_details_pb2.BadRequest(field_violations=[violation]))
    return found


def packed(detail: Message) -> AnyMessage:
    wrapped = AnyMessage()
    wrapped.Pack(detail)
    return wrapped

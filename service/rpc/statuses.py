"""Our error codes as gRPC statuses, with google.rpc details for programs to read."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from service import errors
from service.errors import (
    ClientStalled,
    InvalidRequest,
    RateLimitExceeded,
    ServiceError,
    Violation,
)
from service.logs import REQUEST_ID

DOMAIN = "llm-on-ecs"  # ErrorInfo's namespace of `reason`; see google/rpc/error_details.proto

# What the server cannot take now is UNAVAILABLE, REST's 503, and not RESOURCE_EXHAUSTED: it is the
# one status that clients should retry by themselves (google.aip.dev/194), the retry may reach
# another task, and RESOURCE_EXHAUSTED is left to the caller's own limits (google/rpc/code.proto).
# A prompt beyond the context is INVALID_ARGUMENT and not OUT_OF_RANGE, which says that the same
# request may be right in another state of the system (code.proto): the context never grows.
STATUSES: dict[str, grpc.StatusCode] = {
    errors.InvalidRequest.code: grpc.StatusCode.INVALID_ARGUMENT,
    **{kind.code: grpc.StatusCode.INVALID_ARGUMENT for kind in errors.PLAIN_KINDS},
    errors.ModelNotFound.code: grpc.StatusCode.NOT_FOUND,
    errors.ContextLengthExceeded.code: grpc.StatusCode.INVALID_ARGUMENT,
    errors.RequestTooLarge.code: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.UnsupportedMediaType.code: grpc.StatusCode.INVALID_ARGUMENT,
    errors.BodyTimeout.code: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotAuthenticated.code: grpc.StatusCode.UNAUTHENTICATED,
    errors.ExpiredApiKey.code: grpc.StatusCode.UNAUTHENTICATED,
    errors.InvalidAccessToken.code: grpc.StatusCode.UNAUTHENTICATED,
    errors.InsufficientScope.code: grpc.StatusCode.PERMISSION_DENIED,
    errors.RateLimitExceeded.code: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable.code: grpc.StatusCode.UNAVAILABLE,
    errors.QueueFull.code: grpc.StatusCode.UNAVAILABLE,
    errors.QueueTooLong.code: grpc.StatusCode.UNAVAILABLE,
    errors.QueueTimeout.code: grpc.StatusCode.UNAVAILABLE,
    errors.TooManyConnections.code: grpc.StatusCode.UNAVAILABLE,
    errors.EngineUnavailable.code: grpc.StatusCode.UNAVAILABLE,
    errors.Draining.code: grpc.StatusCode.UNAVAILABLE,
    errors.DeadlineExceeded.code: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.InternalError.code: grpc.StatusCode.INTERNAL,
}

Metadata = tuple[tuple[str, str | bytes], ...]


def status_of(error: BaseException) -> grpc.StatusCode:
    """With which a call ends that fails so."""
    if isinstance(error, ServiceError):
        return STATUSES[error.code]
    if isinstance(error, ClientStalled):
        return grpc.StatusCode.CANCELLED
    return grpc.StatusCode.INTERNAL


def trailing_metadata(error: ServiceError, *, request_id: str) -> Metadata:
    """The details, the request's id, and for whoever retries by gRPC's own rules our pause."""
    status = status_pb2.Status(
        code=STATUSES[error.code].value[0],
        message=error.message,
        details=[packed(detail) for detail in details(error, request_id=request_id)],
    )
    metadata: Metadata = tuple(rpc_status.to_status(status).trailing_metadata)
    if error.retry_after_seconds is not None:
        # gRFC A6, "Pushback": a retrying client waits this long.
        metadata += (("grpc-retry-pushback-ms", str(error.retry_after_seconds * 1000)),)
    return (*metadata, (REQUEST_ID, request_id))


def details(error: ServiceError, *, request_id: str) -> list[Message]:
    """What went wrong, for programs; google/rpc/error_details.proto says what each part means."""
    found: list[Message] = [error_info(error), error_details_pb2.RequestInfo(request_id=request_id)]
    if error.retry_after_seconds is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(error.retry_after_seconds)
        found.append(retry)
    if isinstance(error, RateLimitExceeded):
        found.append(quota_failure(error))
    if isinstance(error, InvalidRequest) and error.violations:
        found.append(bad_request(error.violations))
    return found


def error_info(error: ServiceError) -> error_details_pb2.ErrorInfo:
    facts = {name: str(value) for name, value in error.facts.items()}
    return error_details_pb2.ErrorInfo(reason=error.code.upper(), domain=DOMAIN, metadata=facts)


def quota_failure(error: RateLimitExceeded) -> error_details_pb2.QuotaFailure:
    violation = error_details_pb2.QuotaFailure.Violation(
        subject=error.subject,
        description=f"{error.limit} {error.unit} per minute",
        quota_metric=f"{error.unit}_per_minute",
        quota_value=error.limit,
    )
    return error_details_pb2.QuotaFailure(violations=[violation])


def bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(field=each.param, description=each.message)
            for each in violations
        ]
    )


def packed(detail: Message) -> AnyMessage:
    wrapped = AnyMessage()
    wrapped.Pack(detail)
    return wrapped

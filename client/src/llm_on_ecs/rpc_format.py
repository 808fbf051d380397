"""The gRPC API's methods, messages and errors, with no connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from llm_on_ecs import errors
from llm_on_ecs.address import Address
from llm_on_ecs.answers import Chunk, Completion, FinishReason, Model, Usage
from llm_on_ecs.asking import Question
from llm_on_ecs.errors import InvalidRequest, LLMError, UnexpectedAnswer
from llm_on_ecs.wire import llm_service_pb2 as pb

DETAILS = "grpc-status-details-bin"
REASONS: dict[int, FinishReason] = {
    pb.FinishReason.Value(f"FINISH_REASON_{reason.upper()}"): reason
    for reason in get_args(FinishReason)
}
OPTIONS = [
    ("grpc.enable_retries", 0),  # we retry; two policies would multiply
    # Until it has passed (1 s by default) a try after a failed connection does not even connect.
    ("grpc.initial_reconnect_backoff_ms", 100),
]
# For statuses without our details: of the gRPC library, or of a load balancer on the way.
OF_STATUS: dict[grpc.StatusCode, type[LLMError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: errors.InvalidRequest,
    grpc.StatusCode.UNAUTHENTICATED: errors.NotAuthenticated,
    grpc.StatusCode.PERMISSION_DENIED: errors.PermissionDenied,
    grpc.StatusCode.RESOURCE_EXHAUSTED: errors.RequestTooLarge,
    grpc.StatusCode.UNAVAILABLE: errors.ConnectionFailed,
    grpc.StatusCode.DEADLINE_EXCEEDED: errors.DeadlineExceeded,
    grpc.StatusCode.UNIMPLEMENTED: errors.UnexpectedAnswer,
}


def open_channel(address: Address, library: Any) -> Any:
    """Of `grpc`, or of `grpc.aio`."""
    if not address.tls:
        return library.insecure_channel(address.target, OPTIONS)
    authorities = Path(address.ca_file).read_bytes() if address.ca_file else None
    credentials = grpc.ssl_channel_credentials(authorities)
    return library.secure_channel(address.target, credentials, OPTIONS)


def unary(channel: Any, question: Question) -> Any:
    """The method that answers the question whole, of a blocking or an async channel."""
    name, answer = (
        ("Chat", pb.ChatResponse) if question.is_chat else ("GenerateText", pb.GenerateTextResponse)
    )
    return channel.unary_unary(f"/LLMService/{name}", **codec(type(message(question)), answer))


def streaming(channel: Any, question: Question) -> Any:
    """The method that answers the question piece by piece."""
    name, answer = (
        ("StreamChat", pb.StreamChatResponse)
        if question.is_chat
        else ("StreamGenerateText", pb.StreamGenerateTextResponse)
    )
    return channel.unary_stream(f"/LLMService/{name}", **codec(type(message(question)), answer))


def list_models(channel: Any) -> Any:
    return channel.unary_unary(
        "/LLMService/ListModels", **codec(pb.ListModelsRequest, pb.ListModelsResponse)
    )


def codec(request: Any, answer: Any) -> dict[str, Any]:
    return {
        "request_serializer": request.SerializeToString,
        "response_deserializer": answer.FromString,
    }


def message(question: Question) -> pb.GenerateTextRequest | pb.ChatRequest:
    """Raises InvalidRequest for a value that the message has no room for."""
    fields = dict(question.fields)
    if isinstance(fields.get("stop"), str):
        fields["stop"] = [fields["stop"]]
    try:
        if isinstance(question.prompt, str):
            return pb.GenerateTextRequest(prompt=question.prompt, **fields)
        turns = [pb.ChatMessage(**turn) for turn in question.prompt]
        return pb.ChatRequest(messages=turns, **fields)
    except (ValueError, TypeError) as wrong:
        raise InvalidRequest(f"The request does not fit its message: {wrong}.") from wrong


def completion(answer: pb.GenerateTextResponse | pb.ChatResponse) -> Completion:
    text = answer.message.content if isinstance(answer, pb.ChatResponse) else answer.generated_text
    reason = REASONS.get(answer.finish_reason)
    if reason is None:
        raise UnexpectedAnswer(
            f"The answer's finish reason is not known: got {answer.finish_reason}; is the endpoint "
            "newer than this client?"
        )
    return Completion(text, reason, usage(answer.usage), answer.model)


def chunk(answer: pb.StreamGenerateTextResponse | pb.StreamChatResponse) -> Chunk | None:
    text = answer.content if isinstance(answer, pb.StreamChatResponse) else answer.generated_text
    found = usage(answer.usage) if answer.HasField("usage") else None
    piece = Chunk(text, REASONS.get(answer.finish_reason), found)
    return None if piece == Chunk() else piece


def models(answer: pb.ListModelsResponse) -> list[Model]:
    return [Model(model.id) for model in answer.models]


def usage(answer: pb.Usage) -> Usage:
    return Usage(answer.prompt_tokens, answer.completion_tokens)


@contextmanager
def failures() -> Iterator[None]:
    """gRPC's failures as ours, for blocking and async calls alike."""
    try:
        yield
    except grpc.RpcError as error:
        raise refusal(error) from error


def refusal(error: Any) -> LLMError:
    """By our code, else by what its gRPC status means."""
    metadata = dict(error.trailing_metadata() or ())
    info, retry, bad = details(metadata.get(DETAILS, b""))
    code = info.reason.lower() or None
    kind = OF_STATUS.get(error.code(), errors.InternalError)
    if retry is not None and error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
        kind = errors.RateLimited  # a quota, and not a size
    return errors.OF_CODE.get(code or "", kind)(
        error.details() or f"The call ended with gRPC status {error.code().name}.",
        code=code,
        param=bad.field_violations[0].field if bad.field_violations else None,
        request_id=metadata.get("x-request-id"),
        retry_after_seconds=retry,
    )


def details(
    status: bytes,
) -> tuple[error_details_pb2.ErrorInfo, float | None, error_details_pb2.BadRequest]:
    """ErrorInfo, RetryInfo's seconds, and BadRequest, of google.rpc.Status."""
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    pause, seconds = error_details_pb2.RetryInfo(), None
    try:
        packed = status_pb2.Status.FromString(status).details
    except DecodeError:  # of something on the way; its status says enough
        return info, None, bad
    for detail in packed:
        _ = detail.Unpack(info) or detail.Unpack(bad)
        if detail.Unpack(pause):
            seconds = pause.retry_delay.seconds + pause.retry_delay.nanos / 1e9
    return info, seconds, bad

"""The gRPC API's methods, messages and errors, with no connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from llm_on_ecs import errors
from llm_on_ecs.address import Address
from llm_on_ecs.answers import (
    Choice,
    Chunk,
    Completion,
    FinishReason,
    Model,
    ToolCall,
    ToolCallPart,
    Usage,
)
from llm_on_ecs.asking import Question
from llm_on_ecs.errors import InvalidRequest, LLMError, UnexpectedAnswer
from llm_on_ecs.retries import Call
from llm_on_ecs.wire import llm_service_pb2 as pb

DETAILS = "grpc-status-details-bin"
REASONS: dict[int, FinishReason] = {
    pb.FinishReason.Value(f"FINISH_REASON_{reason.upper()}"): reason
    for reason in get_args(FinishReason)
}
OPTIONS = [
    ("grpc.max_receive_message_length", 64 << 20),  # beyond what an endpoint sends, 16 MiB
    ("grpc.enable_retries", 0),  # we retry; two policies would multiply
    # Until it has passed (1 s by default) a try after a failed connection does not even connect.
    ("grpc.initial_reconnect_backoff_ms", 100),
]
# For statuses without our details: of the gRPC library, or of a load balancer on the way, whose
# HTTP statuses 502, 503 and 504 the library calls UNAVAILABLE.
OF_STATUS: dict[grpc.StatusCode, type[LLMError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: errors.InvalidRequest,
    grpc.StatusCode.UNAUTHENTICATED: errors.NotAuthenticated,
    grpc.StatusCode.PERMISSION_DENIED: errors.PermissionDenied,
    grpc.StatusCode.RESOURCE_EXHAUSTED: errors.RequestTooLarge,
    grpc.StatusCode.UNAVAILABLE: errors.ConnectionFailed,
    grpc.StatusCode.CANCELLED: errors.ConnectionFailed,  # by the other end
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


def sent(address: Address, call: Call) -> dict[str, Any]:
    """What goes with a message: the time limit, which gRPC keeps, who asks, and the call's id."""
    metadata = {**address.authorization, **call.headers}
    return {"timeout": call.deadline.remaining(), "metadata": tuple(metadata.items())}


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


def count_tokens(channel: Any) -> Any:
    return channel.unary_unary(
        "/LLMService/CountTokens", **codec(pb.CountTokensRequest, pb.CountTokensResponse)
    )


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
    try:
        fields = {name: field(name, value) for name, value in question.fields.items()}
        if isinstance(question.prompt, str):
            return pb.GenerateTextRequest(prompt=question.prompt, **fields)
        return pb.ChatRequest(messages=[turn(said) for said in question.prompt], **fields)
    except (ValueError, TypeError, LookupError, AttributeError) as wrong:
        raise InvalidRequest(f"The request does not fit its message: {wrong}.") from wrong


def field(name: str, value: Any) -> Any:
    """An option in the message's shape, which has JSON as text and no `type` of what is one."""
    if name == "stop" and isinstance(value, str):
        return [value]
    if name == "json_schema":
        return json.dumps(value)
    if name == "tools":
        return [tool(offered) for offered in value]
    if name == "tool_choice":
        return tool_choice(value)
    return value


def tool(offered: Any) -> pb.Tool:
    function = dict(offered["function"])
    if "parameters" in function:
        function["parameters"] = json.dumps(function["parameters"])
    return pb.Tool(function=pb.Function(**function))


def tool_choice(value: Any) -> pb.ToolChoice:
    if isinstance(value, str):
        return pb.ToolChoice(mode=value.upper())
    return pb.ToolChoice(function=pb.NamedFunction(**value["function"]))


def turn(said: Any) -> pb.ChatMessage:
    calls = [
        pb.ToolCall(id=call["id"], function=pb.FunctionCall(**call["function"]))
        for call in said.get("tool_calls") or ()
    ]
    return pb.ChatMessage(**{**said, "tool_calls": calls})


def count_message(question: Question) -> pb.CountTokensRequest:
    counted = message(question)
    if isinstance(counted, pb.ChatRequest):
        return pb.CountTokensRequest(chat=counted)
    return pb.CountTokensRequest(generate_text=counted)


def completion(answer: pb.GenerateTextResponse | pb.ChatResponse) -> Completion:
    choices = tuple(choice(found) for found in answer.choices)
    return Completion(choices or (first_choice(answer),), usage(answer.usage), answer.model)


def first_choice(answer: pb.GenerateTextResponse | pb.ChatResponse) -> Choice:
    """Of an endpoint that is older than its field `choices`."""
    text = answer.message.content if isinstance(answer, pb.ChatResponse) else answer.generated_text
    return Choice(text, reason(answer.finish_reason))


def choice(found: pb.TextChoice | pb.ChatChoice) -> Choice:
    if isinstance(found, pb.TextChoice):
        return Choice(found.text, reason(found.finish_reason))
    said = found.message
    calls = tuple(
        ToolCall(call.id, call.function.name, call.function.arguments) for call in said.tool_calls
    )
    return Choice(said.content, reason(found.finish_reason), calls, said.reasoning_content)


def reason(found: Any) -> FinishReason:
    known = REASONS.get(found)
    if known is None:
        raise UnexpectedAnswer(
            f"The answer's finish reason is not known: got {found}; is the endpoint newer than "
            "this client?"
        )
    return known


def chunk(answer: pb.StreamGenerateTextResponse | pb.StreamChatResponse) -> Chunk | None:
    """None of a message that only keeps the connection alive."""
    found = usage(answer.usage) if answer.HasField("usage") else None
    end = REASONS.get(answer.finish_reason)
    if isinstance(answer, pb.StreamGenerateTextResponse):
        piece = Chunk(answer.generated_text, end, found)
    else:
        calls = tuple(call_part(part) for part in answer.tool_calls)
        piece = Chunk(answer.content, end, found, calls, answer.reasoning_content)
    return None if piece == Chunk() else piece


def call_part(part: pb.ToolCallPart) -> ToolCallPart:
    return ToolCallPart(part.index, part.id, part.function.name, part.function.arguments)


def models(answer: pb.ListModelsResponse) -> list[Model]:
    return [Model(model.id) for model in answer.models]


def usage(answer: pb.Usage) -> Usage:
    return Usage(answer.prompt_tokens, answer.completion_tokens, answer.cached_tokens)


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
    if code and error.code() == grpc.StatusCode.UNAVAILABLE:
        kind = errors.Unavailable  # by a service that is newer than this client
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

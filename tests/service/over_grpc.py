"""The suite's requests over gRPC: LLMService's methods."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
from tests.service.face import (
    Answered,
    Asked,
    Call,
    Choice,
    Head,
    Json,
    Logprob,
    ModelFacts,
    Refused,
    Texts,
    Usage,
)


class RpcTransport(Texts):
    name = "grpc"

    def __init__(self, channel: grpc.aio.Channel, *, key: str | None) -> None:
        self._stub: Any = LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        self._metadata = (("authorization", f"Bearer {key}"),) if key else ()

    async def ask(self, asked: Asked, *, timeout: float | None = None, **fields: Any) -> Answered:
        method = self._stub.GenerateText if isinstance(asked, str) else self._stub.Chat
        answer = await self._unary(method, request(asked, fields), timeout)
        found = tuple(whole_choice(each) for each in answer.choices)
        assert first_choice(answer) == found[0]  # what older clients read
        head = Head(answer.id, answer.created, answer.system_fingerprint)
        return Answered(found, usage(answer.usage), answer.model, head)

    async def pieces(
        self, asked: Asked, *, timeout: float | None = None, **fields: Any
    ) -> AsyncGenerator[Choice | Usage, None]:
        method = self._stub.StreamGenerateText if isinstance(asked, str) else self._stub.StreamChat
        call = method(request(asked, fields), timeout=timeout, metadata=self._metadata)
        try:
            async for message in call:
                yield piece(message)
                if message.HasField("usage"):
                    assert message.model
                    yield usage(message.usage)
        except grpc.aio.AioRpcError as error:
            raise refusal(error) from error
        finally:
            call.cancel()

    async def count(self, asked: Asked) -> int:
        counted = request(asked, {})
        question = (
            pb.CountTokensRequest(generate_text=counted)
            if isinstance(counted, pb.GenerateTextRequest)
            else pb.CountTokensRequest(chat=counted)
        )
        return int((await self._unary(self._stub.CountTokens, question)).prompt_tokens)

    async def models(self) -> list[ModelFacts]:
        answer = await self._unary(self._stub.ListModels, pb.ListModelsRequest())
        return [
            ModelFacts(
                model.id,
                model.created,
                model.owned_by,
                model.context_tokens,
                model.max_output_tokens,
            )
            for model in answer.models
        ]

    async def _unary(self, method: Any, request: Any, timeout: float | None = None) -> Any:
        try:
            return await method(request, timeout=timeout, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise refusal(error) from error


def request(asked: Asked, fields: Json) -> pb.GenerateTextRequest | pb.ChatRequest:
    """OpenAI's fields in the .proto's shape."""
    sent = dict(fields)
    if isinstance(sent.get("stop"), str):
        sent["stop"] = [sent["stop"]]
    if "logit_bias" in sent:
        sent["logit_bias"] = {int(token): bias for token, bias in sent["logit_bias"].items()}
    if "json_schema" in sent:
        sent["json_schema"] = json.dumps(sent["json_schema"])
    if isinstance(asked, str):
        return pb.GenerateTextRequest(prompt=asked, **sent)
    if "tools" in sent:
        sent["tools"] = [tool(each) for each in sent["tools"]]
    if "tool_choice" in sent:
        sent["tool_choice"] = tool_choice(sent["tool_choice"])
    return pb.ChatRequest(messages=[turn(each) for each in asked], **sent)


def turn(found: Json) -> pb.ChatMessage:
    calls = [
        pb.ToolCall(id=call["id"], function=pb.FunctionCall(**call["function"]))
        for call in found.get("tool_calls", ())
    ]
    return pb.ChatMessage(**(found | {"tool_calls": calls}))


def tool(found: Json) -> pb.Tool:
    function = dict(found["function"])
    if "parameters" in function:
        function["parameters"] = json.dumps(function["parameters"])
    return pb.Tool(function=pb.Function(**function))


def tool_choice(found: str | Json) -> pb.ToolChoice:
    if isinstance(found, str):
        return pb.ToolChoice(mode=found.upper())
    return pb.ToolChoice(function=pb.NamedFunction(name=found["function"]["name"]))


def first_choice(answer: pb.GenerateTextResponse | pb.ChatResponse) -> Choice:
    logprobs = answer.choices[0].logprobs
    if isinstance(answer, pb.GenerateTextResponse):
        return Choice(
            0, answer.generated_text, reason(answer.finish_reason), "", (), told(logprobs)
        )
    return message_choice(0, answer.message, answer.finish_reason, logprobs)


def whole_choice(found: pb.TextChoice | pb.ChatChoice) -> Choice:
    if isinstance(found, pb.TextChoice):
        return Choice(
            found.index, found.text, reason(found.finish_reason), "", (), told(found.logprobs)
        )
    return message_choice(found.index, found.message, found.finish_reason, found.logprobs)


def message_choice(index: int, message: Any, end: Any, logprobs: Any) -> Choice:
    assert message.role == "assistant"
    calls = tuple(call(position, each) for position, each in enumerate(message.tool_calls))
    return Choice(
        index, message.content, reason(end), message.reasoning_content, calls, told(logprobs)
    )


def piece(message: pb.StreamGenerateTextResponse | pb.StreamChatResponse) -> Choice:
    end, logprobs = reason(message.finish_reason), told(message.logprobs)
    if isinstance(message, pb.StreamGenerateTextResponse):
        return Choice(message.index, message.generated_text, end, "", (), logprobs)
    calls = tuple(call(part.index, part) for part in message.tool_calls)
    return Choice(message.index, message.content, end, message.reasoning_content, calls, logprobs)


def reason(found: Any) -> str:
    name = pb.FinishReason.Name(found).removeprefix("FINISH_REASON_").lower()
    return "" if name == "unspecified" else name


def call(index: int, found: pb.ToolCall | pb.ToolCallPart) -> Call:
    return Call(index, found.id, found.function.name, found.function.arguments)


def told(found: Iterable[pb.TokenLogprob]) -> tuple[Logprob, ...]:
    return tuple(
        Logprob(each.token, each.logprob, each.utf8, told(each.alternatives)) for each in found
    )


def usage(found: pb.Usage) -> Usage:
    assert found.total_tokens == found.prompt_tokens + found.completion_tokens
    return Usage(found.prompt_tokens, found.completion_tokens, found.cached_tokens)


def refusal(error: grpc.aio.AioRpcError) -> Refused:
    """By the details; where the library itself ended the call there are none."""
    status = error.code().name
    code, param, retry = status.lower(), None, None
    for detail in rpc_details(error):
        info = error_details_pb2.ErrorInfo()
        bad = error_details_pb2.BadRequest()
        pause = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            code = info.reason.lower()
        if detail.Unpack(bad):
            param = bad.field_violations[0].field
            assert bad.field_violations[0].description == error.details()
        if detail.Unpack(pause):
            retry = pause.retry_delay.seconds
    return Refused(code, error.details() or "", param, retry, status)


def rpc_details(error: grpc.aio.AioRpcError) -> list[Any]:
    metadata: Any = error.trailing_metadata()
    for key, value in metadata or ():
        if key == "grpc-status-details-bin":
            return list(status_pb2.Status.FromString(value).details)
    return []


@asynccontextmanager
async def rpc_transport(port: int, *, key: str | None) -> AsyncIterator[RpcTransport]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield RpcTransport(channel, key=key)

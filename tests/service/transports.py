"""REST and gRPC behind one face, so that one suite of cases asks both."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import grpc
import httpx
from google.rpc import error_details_pb2, status_pb2

from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub

Turns = list[dict[str, str]]


@dataclass
class Refused(Exception):
    """An error answer: our code, the message, the field at fault, when to come back."""

    code: str
    message: str
    param: str | None
    retry_after_seconds: int | None


@dataclass(frozen=True)
class Answered:
    text: str
    finish_reason: str
    total_tokens: int


class Transport(Protocol):
    async def ask(self, prompt: str, **fields: Any) -> Answered: ...
    def stream(self, prompt: str, **fields: Any) -> AsyncIterator[str]: ...
    async def chat(self, turns: Turns, **fields: Any) -> Answered: ...
    def stream_chat(self, turns: Turns, **fields: Any) -> AsyncIterator[str]: ...
    async def models(self) -> list[str]: ...


class RestTransport:
    """POST /v1/completions and /v1/chat/completions."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(self, prompt: str, **fields: Any) -> Answered:
        body = await self._post("/v1/completions", {"prompt": prompt} | fields)
        return rest_answer(body, body["choices"][0]["text"])

    async def chat(self, turns: Turns, **fields: Any) -> Answered:
        body = await self._post("/v1/chat/completions", {"messages": turns} | fields)
        return rest_answer(body, body["choices"][0]["message"]["content"])

    async def stream(self, prompt: str, **fields: Any) -> AsyncIterator[str]:
        async for choice in self._choices("/v1/completions", {"prompt": prompt} | fields):
            if choice["text"]:
                yield choice["text"]

    async def stream_chat(self, turns: Turns, **fields: Any) -> AsyncIterator[str]:
        async for choice in self._choices("/v1/chat/completions", {"messages": turns} | fields):
            if text := choice["delta"].get("content"):
                yield text

    async def models(self) -> list[str]:
        response = await self._client.get("/v1/models")
        if response.status_code != 200:
            raise rest_refusal(response.json(), response.headers)
        return [model["id"] for model in response.json()["data"]]

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await self._client.post(path, json=body)
        if response.status_code != 200:
            raise rest_refusal(response.json(), response.headers)
        answer: dict[str, Any] = response.json()
        return answer

    async def _choices(self, path: str, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        streamed = body | {"stream": True}
        async with self._client.stream("POST", path, json=streamed) as response:
            if response.status_code != 200:
                raise rest_refusal(json.loads(await response.aread()), response.headers)
            async for line in response.aiter_lines():
                if not line.startswith("data: ") or line == "data: [DONE]":
                    continue
                event = json.loads(line[6:])
                if "error" in event:
                    raise rest_refusal(event, response.headers)
                yield event["choices"][0]


class RpcTransport:
    """LLMService's methods."""

    def __init__(self, channel: grpc.aio.Channel, *, key: str | None) -> None:
        self._stub: Any = LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        self._metadata = (("authorization", f"Bearer {key}"),) if key else ()

    async def ask(self, prompt: str, **fields: Any) -> Answered:
        answer = await self._unary(self._stub.GenerateText, rpc_request(prompt, fields))
        return rpc_answer(answer, answer.generated_text)

    async def chat(self, turns: Turns, **fields: Any) -> Answered:
        answer = await self._unary(self._stub.Chat, rpc_chat_request(turns, fields))
        assert answer.message.role == "assistant"
        return rpc_answer(answer, answer.message.content)

    async def stream(self, prompt: str, **fields: Any) -> AsyncIterator[str]:
        call = self._stub.StreamGenerateText(rpc_request(prompt, fields), metadata=self._metadata)
        async for message in rpc_messages(call):
            if message.generated_text:
                yield message.generated_text

    async def stream_chat(self, turns: Turns, **fields: Any) -> AsyncIterator[str]:
        call = self._stub.StreamChat(rpc_chat_request(turns, fields), metadata=self._metadata)
        async for message in rpc_messages(call):
            if message.content:
                yield message.content

    async def models(self) -> list[str]:
        answer = await self._unary(self._stub.ListModels, pb.ListModelsRequest())
        return [model.id for model in answer.models]

    async def _unary(self, method: Any, request: Any) -> Any:
        try:
            return await method(request, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise rpc_refusal(error) from error


async def rpc_messages(call: Any) -> AsyncIterator[Any]:
    try:
        async for message in call:
            yield message
    except grpc.aio.AioRpcError as error:
        raise rpc_refusal(error) from error
    finally:
        call.cancel()


def rest_answer(body: dict[str, Any], text: str) -> Answered:
    return Answered(text, body["choices"][0]["finish_reason"], body["usage"]["total_tokens"])


def rpc_answer(answer: Any, text: str) -> Answered:
    reason = pb.FinishReason.Name(answer.finish_reason).removeprefix("FINISH_REASON_").lower()
    return Answered(text, reason, answer.usage.total_tokens)


def rpc_chat_request(turns: Turns, fields: dict[str, Any]) -> pb.ChatRequest:
    messages = [pb.ChatMessage(**turn) for turn in turns]
    return pb.ChatRequest(messages=messages, **fields)


def rpc_request(prompt: str, fields: dict[str, Any]) -> pb.GenerateTextRequest:
    stop = fields.pop("stop", None)
    stops = [stop] if isinstance(stop, str) else stop
    return pb.GenerateTextRequest(prompt=prompt, stop=stops, **fields)


def rest_refusal(body: dict[str, Any], headers: httpx.Headers) -> Refused:
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    retry = headers.get("retry-after")
    return Refused(error["code"], error["message"], error["param"], int(retry) if retry else None)


def rpc_refusal(error: grpc.aio.AioRpcError) -> Refused:
    code, param, retry = "", None, None
    for detail in rpc_details(error):
        info = error_details_pb2.ErrorInfo()
        bad = error_details_pb2.BadRequest()
        pause = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            code = info.reason.lower()
        if detail.Unpack(bad):
            param = bad.field_violations[0].field
        if detail.Unpack(pause):
            retry = pause.retry_delay.seconds
    return Refused(code, error.details() or "", param, retry)


def rpc_details(error: grpc.aio.AioRpcError) -> list[Any]:
    metadata: Any = error.trailing_metadata()
    for key, value in metadata or ():
        if key == "grpc-status-details-bin":
            return list(status_pb2.Status.FromString(value).details)
    return []


@asynccontextmanager
async def rest_transport(port: int, *, key: str | None) -> AsyncIterator[RestTransport]:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        yield RestTransport(client)


@asynccontextmanager
async def rpc_transport(port: int, *, key: str | None) -> AsyncIterator[RpcTransport]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield RpcTransport(channel, key=key)

"""How the crowd asks, over each transport, and what it thinks of the answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import grpc
import orjson
from google.rpc import error_details_pb2, status_pb2

from bench.crowd import Ending, Wish
from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub

REFUSALS = {429, 503}
TOO_LATE = 504
RPC_REFUSALS = {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE}
IN_STREAM = {"deadline_exceeded"}  # what may end a stream that has begun
PATIENCE_SECONDS = 120  # nothing takes longer, unless something is wrong


class RestAsker:
    """POST /v1/completions."""

    name = "REST"

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, wish: Wish) -> Ending:
        body = {"prompt": wish.prompt, "max_tokens": wish.tokens, "stream": wish.stream}
        headers = {"authorization": f"Bearer {wish.key}", "content-type": "application/json"}
        if wish.seconds is not None:
            headers["x-request-timeout"] = f"{wish.seconds:.3f}"
        try:
            async with self._session.post(
                "/v1/completions", data=orjson.dumps(body), headers=headers
            ) as response:
                return judged(response, await response.read(), stream=wish.stream)
        except (aiohttp.ClientError, TimeoutError) as broken:
            return Ending("broken", problem=repr(broken))


def judged(response: aiohttp.ClientResponse, body: bytes, *, stream: bool) -> Ending:
    if response.status == 200:
        return judged_stream(body) if stream else judged_whole(body)
    error = orjson.loads(body)["error"]
    status, code = str(response.status), error["code"]
    if response.status in REFUSALS:
        pause = response.headers.get("retry-after", "")
        if not (pause.isdecimal() and int(pause) > 0):
            return Ending(status, code, problem=f"Retry-After is {pause!r}")
        return Ending(status, code, retry_after_seconds=float(pause))
    if response.status == TOO_LATE:
        return Ending(status, code)
    return Ending(status, code, problem=error["message"])


def judged_whole(body: bytes) -> Ending:
    whole = orjson.loads(body)["choices"][0]["finish_reason"] in {"stop", "length"}
    return Ending("200", problem=None if whole else f"no finish reason: {body!r}")


def judged_stream(body: bytes) -> Ending:
    events = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
    if not events or events[-1] != b"[DONE]":
        return Ending("200", problem=f"a stream without its end: {body[-200:]!r}")
    last = orjson.loads(events[-2])
    if "error" not in last:
        return Ending("200")
    code = last["error"]["code"]
    return Ending("200", code, problem=None if code in IN_STREAM else last["error"]["message"])


class RpcAsker:
    """GenerateText and StreamGenerateText, over some channels in turn."""

    name = "gRPC"

    def __init__(self, channels: list[grpc.aio.Channel]) -> None:
        self._stubs: list[Any] = [LLMServiceStub(channel) for channel in channels]  # type: ignore[no-untyped-call]  # generated
        self._turn = 0

    async def ask(self, wish: Wish) -> Ending:
        self._turn += 1
        stub = self._stubs[self._turn % len(self._stubs)]
        request = pb.GenerateTextRequest(prompt=wish.prompt, max_tokens=wish.tokens)
        options: Any = {
            "metadata": (("authorization", f"Bearer {wish.key}"),),
            "timeout": wish.seconds or PATIENCE_SECONDS,
        }
        try:
            if wish.stream:
                return await self._stream(stub.StreamGenerateText(request, **options))
            answer = await stub.GenerateText(request, **options)
            return Ending("OK", problem=None if answer.finish_reason else "no finish reason")
        except grpc.aio.AioRpcError as error:
            return judged_error(error, hasty=wish.seconds is not None)

    async def _stream(self, call: Any) -> Ending:
        finished = False
        try:
            async for message in call:
                finished = finished or bool(message.finish_reason)
        finally:
            call.cancel()
        return Ending("OK", problem=None if finished else "no finish reason")


def judged_error(error: grpc.aio.AioRpcError, *, hasty: bool) -> Ending:
    code, pause = details_of(error)
    status = error.code()
    if status in RPC_REFUSALS:
        problem = None if pause else f"no RetryInfo: {error.details()}"
        return Ending(status.name, code, retry_after_seconds=pause or 1, problem=problem)
    if status is grpc.StatusCode.DEADLINE_EXCEEDED:
        return Ending(status.name, problem=None if hasty else "without a deadline")
    return Ending(status.name, code, problem=error.details())


def details_of(error: grpc.aio.AioRpcError) -> tuple[str, float | None]:
    """Our code, and the pause that is asked for."""
    metadata: Any = error.trailing_metadata() or ()
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    for key, value in metadata:
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                _ = detail.Unpack(info) or detail.Unpack(retry)
    return info.reason.lower(), retry.retry_delay.seconds or None


@asynccontextmanager
async def rest_asker(url: str) -> AsyncIterator[RestAsker]:
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(url, connector=connector, timeout=timeout) as session:
        yield RestAsker(session)


@asynccontextmanager
async def rpc_asker(port: int, *, connections: int) -> AsyncIterator[RpcAsker]:
    own: Any = [("grpc.use_local_subchannel_pool", 1)]  # else all channels share one connection
    channels = [
        grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=own) for _ in range(connections)
    ]
    try:
        yield RpcAsker(channels)
    finally:
        for channel in channels:
            await channel.close(None)

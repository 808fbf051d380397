"""An endpoint that does what a test tells it, call by call, over real REST and real gRPC."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import grpc
from aiohttp import web

from service.errors import EngineUnavailable, ServiceError
from service.rest.statuses import ANSWERS, envelope, headers
from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import (
    LLMServiceServicer,
    add_LLMServiceServicer_to_server,
)
from service.rpc.statuses import STATUSES, trailing_metadata

REQUEST_ID = "req-of-a-test"
Ending = Literal["finish", "nothing", "error", "cut", "hang", "trickle", "page"]


@dataclass(frozen=True)
class Step:
    """What one call gets: a refusal, or pieces and then an ending.

    "nothing" ends well without a finish reason, "error" says that it failed, "cut" breaks the
    connection, "hang" stays silent, "trickle" goes on for ever, "page" is something else's answer
    (REST only).
    """

    refusal: ServiceError | None = None
    pieces: tuple[str, ...] = ("Hello", " world")
    ending: Ending = "finish"


class ScriptedEndpoint:
    """Plays the steps, one a call and once `go` is set; the last one again and again.

    `left` is set by who leaves.
    """

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self.calls = 0
        self.keys: list[str | None] = []
        self.gateway_keys: list[str | None] = []
        self.request_ids: list[str | None] = []
        self.open = self.most_open = 0
        self.go = asyncio.Event()
        self.go.set()
        self.arrived = asyncio.Event()
        self.left = asyncio.Event()

    def next_step(self, sent: Mapping[str, Any]) -> Step:
        """By what a call carries: HTTP headers, or gRPC metadata."""
        step = self._steps[min(self.calls, len(self._steps) - 1)]
        self.calls += 1
        self.keys.append(sent.get("authorization"))
        self.gateway_keys.append(sent.get("x-api-key"))
        self.request_ids.append(sent.get("x-request-id"))
        self.arrived.set()
        return step

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Counts the calls that are open, and notes when one leaves."""
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            yield
        except (asyncio.CancelledError, ConnectionResetError):
            self.left.set()
            raise
        finally:
            self.open -= 1

    async def pieces(self, step: Step) -> AsyncIterator[str]:
        await self.go.wait()
        for piece in step.pieces:
            yield piece
        if step.ending == "hang":
            await asyncio.Event().wait()
        while step.ending == "trickle":
            yield "more"
            await asyncio.sleep(0.01)


class Rest:
    """The endpoint's REST half."""

    def __init__(self, endpoint: ScriptedEndpoint) -> None:
        self._endpoint = endpoint

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/completions", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        step = self._endpoint.next_step(request.headers)
        with self._endpoint.answering():
            if step.refusal is not None:
                return refused(step.refusal)
            if (await request.json()).get("stream"):
                return await self._stream(request, step)
            return await self._whole(request, step)

    async def _whole(self, request: web.Request, step: Step) -> web.StreamResponse:
        text = "".join([piece async for piece in self._endpoint.pieces(step)])
        if step.ending == "cut":
            return cut(request)
        choice = {"index": 0, "text": text, "finish_reason": "stop"}
        return web.json_response({"model": "m", "choices": [choice], "usage": USAGE})

    async def _stream(self, request: web.Request, step: Step) -> web.StreamResponse:
        if step.ending == "page":
            return web.Response(text="<html>", content_type="text/html")
        response = web.StreamResponse(
            headers={"content-type": "text/event-stream", "x-request-id": REQUEST_ID}
        )
        await response.prepare(request)
        async for piece in self._endpoint.pieces(step):
            await event(response, {"choices": [{"text": piece, "finish_reason": None}]})
        if step.ending == "cut":
            return cut(request)
        if step.ending == "error":
            await event(response, envelope(EngineUnavailable("The model ended.")))
        if step.ending == "finish":
            await event(response, {"choices": [{"text": "", "finish_reason": "stop"}]})
            await event(response, {"choices": [], "usage": USAGE})
        await response.write(b"data: [DONE]\n\n")
        return response


USAGE = {"prompt_tokens": 1, "completion_tokens": 2}


async def event(response: web.StreamResponse, content: Any) -> None:
    await response.write(b"data: " + json.dumps(content).encode() + b"\n\n")


def refused(error: ServiceError) -> web.Response:
    status = ANSWERS[error.code].status
    sent = {**headers(error), "x-request-id": REQUEST_ID}
    return web.json_response(envelope(error), status=status, headers=sent)


def cut(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


class Rpc(LLMServiceServicer):
    """The endpoint's gRPC half."""

    def __init__(self, endpoint: ScriptedEndpoint) -> None:
        self._endpoint = endpoint

    async def GenerateText(self, request: Any, context: Any) -> Any:
        step = self._endpoint.next_step(dict(context.invocation_metadata()))
        with self._endpoint.answering():
            await self._abort_if_refused(step, context)
            text = "".join([piece async for piece in self._endpoint.pieces(step)])
            await self._break(step, context)
        return pb.GenerateTextResponse(
            generated_text=text, finish_reason=pb.FINISH_REASON_STOP, model="m"
        )

    async def StreamGenerateText(self, request: Any, context: Any) -> None:
        step = self._endpoint.next_step(dict(context.invocation_metadata()))
        with self._endpoint.answering():
            await self._abort_if_refused(step, context)
            async for piece in self._endpoint.pieces(step):
                await context.write(pb.StreamGenerateTextResponse(generated_text=piece))
            await self._break(step, context)
            if step.ending == "finish":
                last = pb.StreamGenerateTextResponse(finish_reason=pb.FINISH_REASON_STOP)
                last.usage.CopyFrom(pb.Usage(**USAGE))
                await context.write(last)

    async def _abort_if_refused(self, step: Step, context: Any) -> None:
        if step.refusal is not None:
            await abort(context, step.refusal)

    async def _break(self, step: Step, context: Any) -> None:
        if step.ending == "cut":  # what the library says of a connection that ended
            await context.abort(grpc.StatusCode.UNAVAILABLE, "Connection reset by peer")
        if step.ending == "error":
            await abort(context, EngineUnavailable("The model ended."))


async def abort(context: Any, error: ServiceError) -> None:
    metadata = trailing_metadata(error, request_id=REQUEST_ID)
    await context.abort(STATUSES[error.code], error.message, metadata)


@dataclass(frozen=True)
class Tls:
    """A certificate for 127.0.0.1, and its key, as files."""

    certificate: Path
    key: Path


@asynccontextmanager
async def scripted(
    transport: str, *steps: Step, tls: Tls | None = None
) -> AsyncIterator[tuple[ScriptedEndpoint, str]]:
    """The endpoint, and its URL for this transport."""
    endpoint = ScriptedEndpoint(list(steps))
    served = over_rest(endpoint, tls) if transport == "rest" else over_grpc(endpoint, tls)
    async with served as address:
        scheme = {"rest": "http", "grpc": "grpc"}[transport]
        yield endpoint, f"{scheme}{'s' if tls else ''}://{address}"


@asynccontextmanager
async def over_rest(endpoint: ScriptedEndpoint, tls: Tls | None) -> AsyncIterator[str]:
    runner = web.AppRunner(Rest(endpoint).app(), handler_cancellation=True, shutdown_timeout=0)
    await runner.setup()
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def over_grpc(endpoint: ScriptedEndpoint, tls: Tls | None) -> AsyncIterator[str]:
    server = grpc.aio.server()
    add_LLMServiceServicer_to_server(Rpc(endpoint), server)  # type: ignore[no-untyped-call]  # generated
    if tls:
        pair = (tls.key.read_bytes(), tls.certificate.read_bytes())
        credentials = grpc.ssl_server_credentials([pair])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)

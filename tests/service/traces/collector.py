"""A collector that takes traces as OpenTelemetry's protocol sends them, and remembers them."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PATH = "/v1/traces"


@dataclass(frozen=True)
class Received:
    """A span, and what its task says of itself."""

    span: Span
    resource: dict[str, Any]

    @property
    def attributes(self) -> dict[str, Any]:
        return plain(list(self.span.attributes))

    @property
    def seconds(self) -> float:
        return (self.span.end_time_unix_nano - self.span.start_time_unix_nano) / 1e9


class TraceCollector:
    """Waits with its answers until `go` is set."""

    def __init__(self) -> None:
        self.url = ""
        self.raw = b""
        self.spans: list[Received] = []
        self.go = asyncio.Event()
        self.go.set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post(PATH, self._take)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
        try:
            yield
        finally:
            self.go.set()
            await runner.cleanup()

    def named(self, name: str) -> Received:
        (found,) = (each for each in self.spans if each.span.name == name)
        return found

    async def _take(self, request: web.Request) -> web.Response:
        await self.go.wait()
        body = await request.read()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.raw += body
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = plain(list(group.resource.attributes))
            for scope in group.scope_spans:
                self.spans += [Received(span, resource) for span in scope.spans]
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")


def plain(pairs: list[KeyValue]) -> dict[str, Any]:
    return {pair.key: value_of(pair.value) for pair in pairs}


def value_of(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(each) for each in value.array_value.values]
    return getattr(value, str(kind))

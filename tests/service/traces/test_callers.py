"""A caller's own trace, which goes on here, and what of a caller is in none."""

from __future__ import annotations

from typing import Any

import grpc
import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
from tests.service.conftest import KEY, Service
from tests.service.traces.asking import sent
from tests.service.traces.collector import TraceCollector

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
STATE = "vendor=opaque"
SAID = "zyzzyva"


async def ask_within_a_trace(service: Service, kind: str, *, sampled: bool = True) -> None:
    headers = {
        "traceparent": f"00-{TRACE}-{PARENT}-0{int(sampled)}",
        "tracestate": STATE,
        "baggage": f"name={SAID}",
        "authorization": f"Bearer {KEY}",
    }
    if kind == "rest":
        async with httpx.AsyncClient(headers=headers) as client:
            body = {"messages": [{"role": "user", "content": SAID}]}
            url = f"http://127.0.0.1:{service.ports.http}/v1/chat/completions"
            (await client.post(url, json=body)).raise_for_status()
    else:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{service.ports.grpc}") as channel:
            chat: Any = LLMServiceStub(channel).Chat  # type: ignore[no-untyped-call]  # generated
            turn = pb.ChatMessage(role="user", content=SAID)
            await chat(pb.ChatRequest(messages=[turn]), metadata=tuple(headers.items()))


@pytest.mark.settings(traces_ratio=0)
@pytest.mark.parametrize("kind", ["rest", "grpc"])
async def test_a_callers_trace_goes_on_whatever_our_own_share_is(
    service: Service, collector: TraceCollector, kind: str
) -> None:
    await ask_within_a_trace(service, kind)
    spans = await sent(service, collector)
    (root,) = (each.span for each in spans.values() if each.span.kind == Span.SPAN_KIND_SERVER)
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == (TRACE, PARENT)
    assert root.trace_state == STATE
    assert {each.span.trace_id for each in spans.values()} == {root.trace_id}


@pytest.mark.parametrize("kind", ["rest", "grpc"])
async def test_a_caller_who_does_not_want_a_trace_has_none(
    service: Service, collector: TraceCollector, kind: str
) -> None:
    await ask_within_a_trace(service, kind, sampled=False)
    assert await sent(service, collector) == {}


@pytest.mark.settings(log_prompts=True)
@pytest.mark.parametrize("kind", ["rest", "grpc"])
async def test_no_text_and_no_key_is_in_a_trace_even_where_the_log_has_texts(
    service: Service, collector: TraceCollector, kind: str
) -> None:
    service.engine.pieces = ["the ", SAID]
    await ask_within_a_trace(service, kind)
    assert await sent(service, collector)
    assert SAID.encode() not in collector.raw
    assert KEY.encode() not in collector.raw

"""In which phase a request failed, or was left."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.service.conftest import Service
from tests.service.face import Refused, Transport
from tests.service.traces.asking import gateway, sent
from tests.service.traces.collector import TraceCollector
from tests.service.transports import CHAT, collect, eventually


async def test_a_failed_request_says_in_which_phase_it_failed(
    service: Service, collector: TraceCollector, transport: Transport
) -> None:
    service.engine.dies_after = 1
    with pytest.raises(Refused):
        await transport.ask(CHAT)
    spans = await sent(service, collector)
    root = spans[gateway(transport)]
    assert root.span.status.code == Status.STATUS_CODE_ERROR
    assert root.attributes["error.type"] == "engine_unavailable"
    assert spans["prompt"].span.status.code == Status.STATUS_CODE_UNSET
    assert spans["decode"].span.status.code == Status.STATUS_CODE_ERROR


@pytest.mark.settings(slots=1, max_wait_seconds=0.3)
async def test_a_request_that_waited_in_vain_failed_in_the_queue(
    service: Service, collector: TraceCollector, transport: Transport
) -> None:
    service.engine.go.clear()
    running = asyncio.create_task(transport.ask("Hi"))
    await service.engine.wait_for_requests(1)
    with pytest.raises(Refused):
        await transport.ask(CHAT)
    service.engine.go.set()
    await running
    await sent(service, collector, requests=2)
    root = collector.named(gateway(transport))
    (queue,) = (
        each
        for each in collector.spans
        if each.span.name == "queue" and each.span.parent_span_id == root.span.span_id
    )
    assert queue.span.status.code == Status.STATUS_CODE_ERROR
    assert queue.attributes["error.type"] == "queue_timeout"
    assert queue.seconds > 0.09  # by another clock than the loop's
    assert [each.span.name for each in collector.spans].count("prompt") == 1  # the other one's


async def test_a_caller_who_leaves_is_traced_as_far_as_it_came(
    service: Service, collector: TraceCollector, transport: Transport
) -> None:
    service.engine.endless = True
    leaving = asyncio.create_task(collect(transport, "Hi"))
    await eventually(lambda: service.engine.written > 10)
    leaving.cancel()
    spans = await sent(service, collector)
    (root,) = (each for each in spans.values() if each.span.kind == Span.SPAN_KIND_SERVER)
    assert root.attributes["llm_on_ecs.outcome"] == "cancelled"
    assert root.span.status.code == Status.STATUS_CODE_UNSET
    assert spans["decode"].seconds > 0

"""What was sent of the requests, and the names of their spans."""

from __future__ import annotations

from service.embedded_metrics import total
from tests.service.conftest import Service
from tests.service.face import Transport
from tests.service.traces.collector import Received, TraceCollector
from tests.service.transports import eventually


async def sent(
    service: Service, collector: TraceCollector, *, requests: int = 1
) -> dict[str, Received]:
    """All that is sent by the time the task ends, by name, once so many requests have ended."""
    assert service.parts.traces is not None
    await eventually(lambda: total(service.parts.metrics.requests) >= requests)
    await service.parts.traces.close()
    return {each.span.name: each for each in collector.spans}


def gateway(transport: Transport) -> str:
    """The name of the span of a chat."""
    rest = type(transport).__name__ == "RestTransport"
    return "POST /v1/chat/completions" if rest else "LLMService/Chat"

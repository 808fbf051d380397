"""Sends what happened to each request to a collector, in OpenTelemetry's protocol over HTTP.

The one module that imports OpenTelemetry, which takes a tenth of a second: where a stage sends
no traces it is not imported.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import uuid
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.logs import request_id
from service.observation import Observation
from service.trace_attributes import attributes, has_failed, phases, span_name

SERVICE: Final = "llm-on-ecs"
SPANS_AT_MOST: Final = 2048  # that wait to be sent, 5.5 MiB (measured); the oldest give way
BATCH_SPANS: Final = 512
EVERY_SECONDS: Final = 2.0
EXPORT_SECONDS: Final = 5.0  # in which a batch is sent, its retries included, or lost
FLUSH_SECONDS: Final = 2.0  # in which the last ones are sent when the task ends
NANOSECONDS: Final = 1_000_000_000


class Traces:
    """Guarantees that no collector costs a request anything: spans are made of what is known at its
    end, and sent in a thread of their own. What a dead collector does not take is lost.

    `ratio` is the share that is traced of the requests whose caller has not decided.
    """

    def __init__(self, *, endpoint: str, ratio: float, stage: str, model: str) -> None:
        # The exporter tells of each retry; of what is lost it tells in an error.
        logging.getLogger("opentelemetry").setLevel(logging.ERROR)
        self._model = model
        self._propagator = TraceContextTextMapPropagator()
        self._processor = BatchSpanProcessor(
            OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS),
            max_queue_size=SPANS_AT_MOST,
            max_export_batch_size=BATCH_SPANS,
            schedule_delay_millis=EVERY_SECONDS * 1000,
        )
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(ratio)),
            resource=resource(stage),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer(SERVICE)

    def record(self, observation: Observation) -> None:
        """A request has ended."""
        span = self._tracer.start_span(
            span_name(observation),
            context=self._propagator.extract(observation.arrival.trace_headers),
            kind=SpanKind.SERVER,
            start_time=observation.arrival.nanoseconds,
        )
        if span.is_recording():
            named = attributes(observation, model=self._model, request_id=request_id.get())
            span.set_attributes(named)
            self._add_phases(span, observation)
        self._end(span, observation, observation.times.ended, failed=has_failed(observation))

    async def close(self) -> None:
        """Sends what is left, for FLUSH_SECONDS at most."""
        # The processor itself would wait 30 s. The end of the process ends such a thread.
        flush = threading.Thread(target=self._processor.shutdown, daemon=True)
        flush.start()
        await asyncio.to_thread(flush.join, FLUSH_SECONDS)

    def _add_phases(self, span: Span, observation: Observation) -> None:
        """The one in which the request failed lasts until its end, and has failed with it."""
        context = set_span_in_context(span)
        for name, begun, ended in phases(observation):
            child = self._tracer.start_span(
                name, context=context, start_time=at(observation, begun)
            )
            failed = ended is None and has_failed(observation)
            if failed:
                child.set_attribute("error.type", observation.outcome)
            self._end(child, observation, ended or observation.times.ended, failed=failed)

    def _end(
        self, span: Span, observation: Observation, seconds: float | None, *, failed: bool
    ) -> None:
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(at(observation, seconds or 0.0))


def at(observation: Observation, seconds: float) -> int:
    """The time of the day, in nanoseconds since 1970, of so many seconds after its arrival."""
    return observation.arrival.nanoseconds + int(seconds * NANOSECONDS)


def resource(stage: str) -> Resource:
    """What all spans of this task share; known without asking anybody."""
    return Resource.create(
        {
            "service.name": SERVICE,
            "service.instance.id": str(uuid.uuid4()),
            "deployment.environment.name": stage,
        }
    )
